#!/bin/bash
# What the batch scripts make of exit codes, cancellation, arrays and restarts, with a stand-in for ambit.
# Usage: test_slurm_scripts.sh PROJECT
tests=$(realpath "$(dirname "$0")")
# shellcheck source-path=SCRIPTDIR source=cluster.sh
. "$tests/cluster.sh"
export PATH=$tests/stand-in:$PATH PROGRESS=1 NAP=0 CODE=75 AMBIT_RESTARTS=20

# submit ARGUMENT...: prints the number of the job; notes and run folder start afresh.
submit() {
    rm -rf notes runs
    sbatch --parsable --nodes=2 --ntasks-per-node=2 "$@"
}

# said TEXT: whether it stands in the output of a job.
# shellcheck disable=SC2317 # called by check
said() { grep -qF -- "$1" slurm-*.out; }

job=$(CODE=78 submit slurm/train.sbatch it.yaml train.lr=1e-3)
wait_for has_ended "$job"
check "an exit code is passed on" has "$job" ExitCode 78:0
check "arguments are passed on" grep -qx 'restart 0: train it.yaml train.lr=1e-3' notes

job=$(PROGRESS=0 submit slurm/train.sbatch it.yaml)
wait_for has_ended "$job"
check "without progress the job ends" has "$job" ExitCode 75:0
check "and says why" said 'made no progress'

job=$(AMBIT_RESTARTS=1 submit slurm/train.sbatch it.yaml)
wait_for has_ended "$job"
check "restarts are capped" has "$job" ExitCode 75:0
check "after as many as were allowed" has "$job" Restarts 1
check "and says why" said 'it was restarted 1 times'

job=$(NAP=50 submit slurm/train.sbatch any/it.x.yaml --run runs/it)
wait_for test -L runs/it/checkpoints/last
scancel "$job"
wait_for has_ended "$job"
check "the script outlives the ranks of a cancelled job" wait_for said 'was cancelled'
check "which are told" said signalled
check "and the job stays cancelled" has "$job" JobState CANCELLED

job=$(CODE=0 submit --output=array-%a.out --array=1-2 slurm/sweep.sbatch it.yaml sweep.txt train.steps=9 --run runs/s)
wait_for has_ended "${job}_2"
check "an array without its file fails" has "${job}_2" ExitCode 64:0

printf '%s\n' 'code=0 b="x  y"' 'code=75' >sweep.txt
job=$(AMBIT_RESTARTS=1 submit --array=1-2%1 slurm/sweep.sbatch it.yaml sweep.txt train.steps=9 --run runs/s)
wait_for has_ended "${job}_2"
cat >expected <<TEXT
restart 0: train it.yaml train.steps=9 code=0 b=x  y --run runs/s/1
restart 0: train it.yaml train.steps=9 code=75 --run runs/s/2
restart 1: train it.yaml train.steps=9 code=75 --run runs/s/2
TEXT
check "an index trains its line in its run folder" diff expected notes
check "and is requeued alone" has "${job}_1" Restarts 0

job=$(CODE=0 submit --array=2 slurm/eval.sbatch runs/s eval.trials=8)
wait_for has_ended "${job}_2"
check "evaluation of an index" grep -qx 'restart 0: eval runs/s/2 eval.trials=8' notes

exit $((failures > 0))
