# cmake -D OUTPUT=x.cc -D FILES="a.json;b.json" -P embed_ddls.cmake
# Writes the built-in plugins' DDLs into one C++ source.
set(text "// Generated from actions/plugins/*/*.json.\n#include \"actions/catalog/embedded_ddl.h\"\n\nnamespace orch::actions {\n\n")
string(APPEND text "absl::string_view EmbeddedDdl(absl::string_view plugin) {\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} json)
  string(APPEND text "  if (plugin == \"${name}\") return R\"orch_ddl(${json})orch_ddl\";\n")
endforeach()
string(APPEND text "  return \"\";\n}\n\n}  // namespace orch::actions\n")
file(WRITE ${OUTPUT} "${text}")
