# Precompiles the headers that nearly every source includes, which halves a clean build. The preset `analysis`
# builds without them and so finds a source that misses an #include.
option(ORCH_PCH "Precompile the headers most files share" OFF)

set(orch_common_headers
  <algorithm> <cstdint> <deque> <functional> <map> <memory> <optional> <set> <string> <utility> <vector>
  absl/container/flat_hash_map.h absl/container/flat_hash_set.h absl/functional/any_invocable.h absl/status/statusor.h
  absl/strings/match.h absl/strings/str_cat.h absl/strings/str_format.h absl/strings/str_join.h
  absl/strings/str_split.h absl/time/time.h nlohmann/json.hpp)
set(orch_wire_headers
  grpcpp/grpcpp.h orch/v1/node_service.grpc.pb.h orch/v1/orchestrator_service.grpc.pb.h)
list(TRANSFORM orch_common_headers REPLACE "^([^<].*[^>])$" "<\\1>")
list(TRANSFORM orch_wire_headers REPLACE "^(.+)$" "<\\1>")

# GCC accepts a precompiled header only in a source with the same code model, so there is one set for
# libraries (-fPIC) and one for programs (-fPIE).
function(orch_precompiled_sets)
  file(WRITE ${CMAKE_BINARY_DIR}/pch/empty.cc "")
  file(WRITE ${CMAKE_BINARY_DIR}/pch/main.cc "int main() { return 0; }\n")
  foreach(set room room_wire test test_wire)
    if(set MATCHES "^room")
      add_library(orch_pch_${set} STATIC ${CMAKE_BINARY_DIR}/pch/empty.cc)
    else()
      add_executable(orch_pch_${set} ${CMAKE_BINARY_DIR}/pch/main.cc)
      set_target_properties(orch_pch_${set} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/pch)
      target_link_libraries(orch_pch_${set} PRIVATE GTest::gmock GTest::gtest)
      target_precompile_headers(orch_pch_${set} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
      target_compile_options(orch_pch_${set} PRIVATE ${ORCH_TEST_OPTIONS})
    endif()
    target_link_libraries(orch_pch_${set} PRIVATE nlohmann_json::nlohmann_json yaml-cpp)
    target_precompile_headers(orch_pch_${set} PRIVATE ${orch_common_headers})
    if(set MATCHES "wire$")
      target_include_directories(orch_pch_${set} SYSTEM PRIVATE ${CMAKE_BINARY_DIR}/proto)
      target_precompile_headers(orch_pch_${set} PRIVATE ${orch_wire_headers})
      add_dependencies(orch_pch_${set} orch_proto)
    endif()
  endforeach()
endfunction()

# orch_precompile(TARGET room|test DEPS…)
#   Gives the target the set of precompiled headers that suits its dependencies, and the compiler options of
#   that set.
function(orch_precompile target kind)
  if(kind STREQUAL "test")
    target_compile_options(${target} PRIVATE ${ORCH_TEST_OPTIONS})
  endif()
  if(NOT ORCH_PCH)
    return()
  endif()
  set(name orch_pch_${kind})
  foreach(dep IN LISTS ARGN)
    if(dep MATCHES "^(proto|auth|hub|nodeagent|cli|cluster_support)$")
      set(name orch_pch_${kind}_wire)
    endif()
  endforeach()
  target_precompile_headers(${target} REUSE_FROM ${name})
endfunction()

if(ORCH_PCH)
  # Lets ccache see what a precompiled header contains.
  if(CCACHE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
  elseif(CCACHE)
    add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
  endif()
  orch_precompiled_sets()
endif()
