#!/bin/bash
# Training under Slurm: the parameters are those of one rank, also when the job was signalled and requeued on the way.
# usage: test_slurm_ranks.sh PROJECT AMBIT
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
TEXT

# shellcheck disable=SC2317 # called by check
same_parameters() { h5diff "$1" "$2" /parameters && h5diff "$1" "$2" /second; }

check "ingest" ambit ingest maze gcs data count=20
check "training on one rank" mpirun -n 1 ambit train tiny.yaml --run one

srun --mpi=none --kill-on-bad-exit=0 --nodes=2 --ntasks=4 ambit train tiny.yaml --run none 2>refusal
check "without PMIx the exit code is 69" [ $? -eq 69 ]
check "and the message names the remedy" grep -qF 'srun --mpi=pmix' refusal
check "said once" [ "$(grep -c ^ambit refusal)" -eq 1 ]
check "and nothing is written" [ ! -e none ]

check "training on two nodes" srun --mpi=pmix --nodes=2 --ntasks=4 ambit train tiny.yaml --run four
check "gives the same parameters" same_parameters one/$last four/$last

job=$(sbatch --parsable --nodes=2 --ntasks-per-node=2 "$project/slurm/train.sbatch" tiny.yaml --run again)
wait_for test -L again/$last
scancel --signal=USR1 "$job" # to the ranks, as --signal=USR1@180 has it sent before the limit
start_again "$job"
stopped_at=$(readlink again/$last)
wait_for has_ended "$job"
check "a signalled job goes on by itself" has "$job" JobState COMPLETED
check "after one restart" has "$job" Restarts 1
check "from where it stopped, $stopped_at, which was not the end" [ "$stopped_at" != "$(readlink one/$last)" ]
check "and gives the same parameters" same_parameters one/$last again/$last

exit $((failures > 0))
