#include "filter/wire.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace orch::filter {
namespace {

// The shape of orch.v1.Filter, without the proto.
struct WireOption {
  int kind() const { return kind_; }
  const std::string& text() const { return text_; }
  void set_kind(int kind) { kind_ = kind; }
  void set_text(const std::string& text) { text_ = text; }
  int kind_ = 0;
  std::string text_;
};
struct WireFilter {
  const std::vector<WireOption>& options() const { return options_; }
  WireOption* add_options() { return &options_.emplace_back(); }
  std::vector<WireOption> options_;
};

TEST(WireTest, CarriesAllOptionsBothWays) {
  const std::vector<Option> options = {{OptionKind::kFact, "a=1"}, {OptionKind::kCompound, "b or not c"}};
  WireFilter wire;
  ToWire(*Filter::Parse(options), &wire);
  const absl::StatusOr<Filter> back = FromWire(wire);
  ASSERT_TRUE(back.ok());
  ASSERT_EQ(back->options().size(), 2u);
  EXPECT_EQ(back->options()[1].kind, OptionKind::kCompound);
  EXPECT_EQ(back->options()[1].text, "b or not c");
}

TEST(WireTest, RefusesKindsItDoesNotKnowAndFiltersThatDoNotParse) {
  for (const int kind : {0, -1, 7}) {
    WireFilter wire{{{kind, "a=1"}}};
    EXPECT_EQ(FromWire(wire).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(FromWire(WireFilter{{{1, "a"}}}).ok());
  EXPECT_TRUE(FromWire(WireFilter{}).value().empty());
}

}  // namespace
}  // namespace orch::filter
