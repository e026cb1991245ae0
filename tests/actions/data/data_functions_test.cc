// The parser of filters and the node each have a table of the data functions: both must say the same.
#include "actions/data/data_functions.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "filter/data_function_table.h"
#include "gtest/gtest.h"
#include "tests/actions/core/fake_node.h"
#include "tests/support/temp_folder.h"

namespace orch::actions {
namespace {

class DataFunctionsTest : public ::testing::Test {
 protected:
  DataFunctionsTest() {
    for (const char* setting : {"package.path", "service.path", "service.init_dir", "nrpe.conf_dir", "process.proc",
                                "sysctl.proc", "puppet.path"}) {
      node_.settings[setting] = folder_.path();  // so that no program of this machine is asked
    }
    node_.settings["service.provider"] = "script";
  }

  // Whether the node takes the arguments; what it then finds is another matter.
  bool Takes(absl::string_view function, const std::vector<std::string>& arguments) {
    const absl::Status status = node_.CallDataFunction(function, arguments).status();
    return !absl::StrContains(status.message(), "takes no argument") &&
           !absl::StrContains(status.message(), "needs one argument") &&
           !absl::StrContains(status.message(), "may have at most");
  }

  TempFolder folder_;
  FakeNode node_;
};

TEST_F(DataFunctionsTest, FiltersAndNodesKnowTheSameFunctions) {
  EXPECT_EQ(filter::DataFunctionNames(), absl::StrJoin(BuiltinDataFunctionNames(), ", "));
}

TEST_F(DataFunctionsTest, FiltersAndNodesTakeTheSameArguments) {
  for (const std::string& name : BuiltinDataFunctionNames()) {
    const filter::DataFunction* parsed = filter::FindDataFunction(name);
    ASSERT_NE(parsed, nullptr) << name;
    for (size_t count = 0; count <= 2; ++count) {
      const bool allowed = count >= parsed->min_arguments && count <= parsed->max_arguments;
      EXPECT_EQ(Takes(name, std::vector<std::string>(count, "x")), allowed) << name << " with " << count;
    }
    if (parsed->max_arguments == 0) continue;
    EXPECT_TRUE(Takes(name, {std::string(parsed->max_length, 'x')})) << name;
    EXPECT_FALSE(Takes(name, {std::string(parsed->max_length + 1, 'x')})) << name;
  }
}

TEST_F(DataFunctionsTest, NodesReturnOnlyFieldsThatFiltersKnow) {
  int answers = 0;
  for (const std::string& name : BuiltinDataFunctionNames()) {
    const filter::DataFunction* parsed = filter::FindDataFunction(name);
    const std::vector<std::string> arguments(parsed->min_arguments,
                                             name == "agent" || name == "plugin" ? "rpcutil" : "x");
    const absl::StatusOr<Json> fields = node_.CallDataFunction(name, arguments);
    if (!fields.ok()) continue;
    ++answers;
    for (const auto& field : fields->items()) EXPECT_TRUE(parsed->HasField(field.key())) << name << "." << field.key();
  }
  EXPECT_GE(answers, 4);
}

}  // namespace
}  // namespace orch::actions
