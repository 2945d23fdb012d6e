# Finds an HDF5 that was built with MPI and offers it as the target ambit::hdf5.
# Debian and Ubuntu name it hdf5-openmpi in pkg-config; elsewhere CMake's FindHDF5 is asked.

pkg_check_modules(HDF5_OPENMPI QUIET IMPORTED_TARGET hdf5-openmpi)
add_library(ambit_hdf5 INTERFACE)
add_library(ambit::hdf5 ALIAS ambit_hdf5)
if(HDF5_OPENMPI_FOUND)
  target_link_libraries(ambit_hdf5 INTERFACE PkgConfig::HDF5_OPENMPI MPI::MPI_C)
else()
  set(HDF5_PREFER_PARALLEL ON)
  find_package(HDF5 REQUIRED COMPONENTS C)
  if(NOT HDF5_IS_PARALLEL)
    message(FATAL_ERROR "The HDF5 found (${HDF5_VERSION}) was built without MPI. Install "
            "libhdf5-openmpi-dev, or set HDF5_ROOT to a parallel build.")
  endif()
  target_link_libraries(ambit_hdf5 INTERFACE hdf5::hdf5 MPI::MPI_C)
endif()
