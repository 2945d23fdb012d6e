/* Being asked to stop: SIGTERM, SIGINT, SIGUSR1, SIGUSR2 and SIGHUP all mean "write a checkpoint
 * and end"; SIGHUP does not where the process was started with it ignored, as by nohup.
 *
 * A signal reaches one rank or all of them at different moments; ranks vote at the end of each step
 * (ambit_vote), so that all stop at the same one. A second SIGINT ends the process at once. Output
 * that nobody reads any more, as when the launcher is dead, does not end it: SIGPIPE is ignored.
 *
 * Of mpirun, the signals USR1 and USR2 reach the ranks; TERM, INT and HUP make it kill them, about
 * a second after it has sent them TERM.
 */
#ifndef AMBIT_MPI_STOP_H
#define AMBIT_MPI_STOP_H

/* Installs the handlers. Not collective. */
void ambit_stop_listen(void);

/* Whether this process was asked to stop. Not collective: ranks differ. */
int ambit_stop_asked(void);

#endif
