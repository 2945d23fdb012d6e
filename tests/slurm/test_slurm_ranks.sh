#!/bin/bash
# Training under Slurm: the parameters are those of one rank, also when a job, or an index of a sweep, was signalled and
# requeued on the way.
# Usage: test_slurm_ranks.sh PROJECT AMBIT
# shellcheck source-path=SCRIPTDIR source=cluster.sh
. "$(dirname "$0")/cluster.sh"
PATH=$(dirname "$2"):$PATH
last=checkpoints/last

cat >tiny.yaml <<'TEXT'
data:
  sources: [{path: data}]
  observation: [observation]
  action: position
  action_offset: 1
  horizon: 16
  relative: true
  normalise_action: step_rms
network: {kind: mlp, width: 128, depth: 2}
train: {steps: 500, batch: 128, slots: 4, checkpoint_every: 5} # long enough to be signalled on the way
environment: {plugin: maze}
TEXT
cat >sweep.txt <<'TEXT'
train.steps=20 run.title="a short line"
train.lr=2e-3
TEXT

# shellcheck disable=SC2317 # called by check
same_parameters() { h5diff "$1" "$2" /parameters && h5diff "$1" "$2" /second; }

# stop_early JOB RUN: signals the ranks as --signal=USR1@180 does before the limit, once there is a checkpoint.
stop_early() { wait_for test -L "$2/$last" && scancel --signal=USR1 "$1"; }

# The checkpoint that the second start of a job, which prints to the file $1, went on from.
second_start() { sed -n 's/.*restart 1 of.* from checkpoint //p' "$1"; }

check "ingest" ambit ingest maze gcs data count=20
check "training on one rank" mpirun -n 1 ambit train tiny.yaml --run one
check "another on one rank" mpirun -n 1 ambit train tiny.yaml train.lr=2e-3 --run two

srun --mpi=none --kill-on-bad-exit=0 --nodes=2 --ntasks=4 ambit train tiny.yaml --run none 2>refusal
check "without PMIx the exit code is 69" [ $? -eq 69 ]
check "and the message names the remedy" grep -qF 'srun --mpi=pmix' refusal
check "said once" [ "$(grep -c ^ambit refusal)" -eq 1 ]
check "and nothing is written" [ ! -e none ]

check "training on two nodes" srun --mpi=pmix --nodes=2 --ntasks=4 ambit train tiny.yaml --run four
check "gives the same parameters" same_parameters one/$last four/$last

job=$(sbatch --parsable --nodes=2 --ntasks-per-node=2 slurm/train.sbatch tiny.yaml --run again)
sweep=$(sbatch --parsable --array=1-2 slurm/sweep.sbatch tiny.yaml sweep.txt --run sweep)
trials=$(sbatch --parsable --array=1-2 --dependency=aftercorr:"$sweep" slurm/eval.sbatch sweep eval.trials=2 eval.batch=2)
stop_early "$job" again &
stop_early "${sweep}_2" sweep/2 &
wait
for one in "$job" "${sweep}_1" "${sweep}_2" "${trials}_1" "${trials}_2"; do
    wait_for has_ended "$one"
    check "job $one goes on by itself to its end" has "$one" JobState COMPLETED
done

stopped_at=$(second_start "slurm-$job.out")
check "a signalled job restarts once" has "$job" Restarts 1
check "from where it stopped, $stopped_at" test -n "$stopped_at"
check "which was not the end" [ "$stopped_at" != "$(readlink one/$last)" ]
check "and gives the same parameters" same_parameters one/$last again/$last

stopped_at=$(second_start "slurm-${sweep}_2.out")
check "a signalled index restarts once" has "${sweep}_2" Restarts 1
check "from where it stopped, $stopped_at" test -n "$stopped_at"
check "which was not the end" [ "$stopped_at" != "$(readlink two/$last)" ]
check "and gives the parameters of its line" same_parameters two/$last sweep/2/$last
check "the other index trained its own line" [ "$(readlink sweep/1/$last)" = step-00000020.h5 ]
check "without a restart" has "${sweep}_1" Restarts 0
check "each index is evaluated, and reported with its title" ambit report sweep/1 sweep/2 -o sweep.html
check "in a row" grep -q '<tr><th><span class="key s0"></span>a short line<small>2 trials' sweep.html

exit $((failures > 0))
