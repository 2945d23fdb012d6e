/* Being asked to stop: SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 all mean "write a checkpoint and end".
 *
 * A signal reaches one rank or all of them at different moments; ranks vote at the end of each step
 * (ambit_vote), so that all stop at the same one. A second SIGINT ends the process at once.
 */
#ifndef AMBIT_MPI_STOP_H
#define AMBIT_MPI_STOP_H

/* Installs the handlers. */
void ambit_stop_listen(void);

/* Whether this process was asked to stop. */
int ambit_stop_asked(void);

#endif
