# Finds the system libraries; all of them are Debian 12 packages. gRPC's own CMake files name shared
# objects only, so pkg-config supplies its static closure (decision record 0001).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
pkg_check_modules(GRPCPP REQUIRED grpc++)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
find_library(CJOSE_LIBRARY cjose REQUIRED)  # its .pc file asks for jansson's, which it does not need
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(ABSL REQUIRED absl_status absl_statusor absl_strings absl_str_format absl_time
  absl_flat_hash_map absl_flat_hash_set absl_hash absl_span absl_cord absl_synchronization
  absl_random_random absl_any_invocable absl_cleanup absl_inlined_vector absl_function_ref)

# Links `target` with the archives of a static closure that pkg-config printed. OpenSSL and the C library
# stay shared, so that their security updates reach installed programs without a rebuild.
function(orch_static_closure target)
  set(static_names)
  set(shared_names)
  foreach(library IN LISTS ARGN)
    if(library MATCHES "^(ssl|crypto|systemd|dl|rt|m|pthread)$")
      list(APPEND shared_names -l${library})
    elseif(NOT library IN_LIST static_names)
      list(APPEND static_names -l${library})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES static_names)
  list(REMOVE_DUPLICATES shared_names)
  string(JOIN " " names ${static_names})
  target_link_libraries(${target} INTERFACE
    "-Wl,-Bstatic -Wl,--start-group ${names} -Wl,--end-group -Wl,-Bdynamic" ${shared_names} Threads::Threads dl)
endfunction()

add_library(orch_absl INTERFACE)
add_library(orch_grpc INTERFACE)
if(ORCH_GRPC_ROOT)
  if(NOT ORCH_STATIC OR NOT EXISTS ${ORCH_GRPC_ROOT}/STAMP)
    message(FATAL_ERROR "ORCH_GRPC_ROOT needs ORCH_STATIC and a folder that deploy/grpc/build.sh has filled")
  endif()
  target_link_directories(orch_grpc BEFORE INTERFACE ${ORCH_GRPC_ROOT}/lib)
  set_property(TARGET orch_grpc PROPERTY INTERFACE_LINK_DEPENDS ${ORCH_GRPC_ROOT}/STAMP)
endif()
if(ORCH_STATIC)
  orch_static_closure(orch_absl ${ABSL_STATIC_LIBRARIES})
  orch_static_closure(orch_grpc ${GRPCPP_STATIC_LIBRARIES} re2 protobuf ${ABSL_STATIC_LIBRARIES})
else()
  target_link_libraries(orch_absl INTERFACE ${ABSL_LIBRARIES} Threads::Threads)
  target_link_libraries(orch_grpc INTERFACE ${GRPCPP_LIBRARIES} protobuf::libprotobuf orch_absl)
endif()

# Each shared C++ library adds a millisecond and a half to the start of a program, because the loader resolves
# thousands of names. Therefore yaml-cpp is linked as an archive, and orch_program
# drops libraries that nothing refers to.
if(ORCH_STATIC)
  find_library(YAML_CPP_ARCHIVE libyaml-cpp.a REQUIRED)
  get_target_property(yaml_cpp_configurations yaml-cpp IMPORTED_CONFIGURATIONS)
  foreach(configuration IN LISTS yaml_cpp_configurations)
    set_target_properties(yaml-cpp PROPERTIES IMPORTED_LOCATION_${configuration} ${YAML_CPP_ARCHIVE})
  endforeach()
endif()

# nghttp2 is an archive too; it needs nothing but the C library.
add_library(orch_nghttp2 INTERFACE)
if(ORCH_STATIC)
  orch_static_closure(orch_nghttp2 nghttp2)
else()
  target_link_libraries(orch_nghttp2 INTERFACE PkgConfig::NGHTTP2)
endif()

# RE2 is also part of gRPC's closure. Both are linked the same way, so that a program contains RE2 once.
add_library(orch_re2 INTERFACE)
if(ORCH_STATIC)
  orch_static_closure(orch_re2 re2)
else()
  target_link_libraries(orch_re2 INTERFACE PkgConfig::RE2)
endif()

# Only tests and benchmarks use these.
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
