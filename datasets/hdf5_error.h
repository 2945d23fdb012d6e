/* Failures of the HDF5 library, as ours. */
#ifndef AMBIT_DATASETS_HDF5_ERROR_H
#define AMBIT_DATASETS_HDF5_ERROR_H

#include "../core/base/status.h"

/* Keeps HDF5 from printing its error stack; call once before the first use of the library. */
void ambit_hdf5_quiet(void);

/* Begins the library, quietly, in such a way that it does nothing when the program ends: after a
 * write or a close that failed it would use what it has freed. All that is written must therefore
 * be closed. To be called before MPI is started, as the library has MPI end it otherwise. */
void ambit_hdf5_start(void);

/* What the system refused HDF5 in the call that just failed, as an errno: ENOMEM where memory is
 * short, 0 where it refused nothing and the file is to blame. */
int ambit_hdf5_system_error(void);

/* As ambit_fail(), with the deepest text of HDF5's error stack added in brackets, and advice on
 * file locking where the stack says that a lock failed. Call right after the HDF5 call that failed.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3), cold))
#endif
ambit_status
ambit_fail_hdf5(ambit_status status, const char *format, ...);

#endif
