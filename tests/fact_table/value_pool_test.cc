#include "services/hub/nodes/fact_table/value_pool.h"

#include "gtest/gtest.h"

namespace orch::hub {
namespace {

TEST(ValuePoolTest, GivesEqualValuesOneId) {
  ValuePool pool;
  const Json map = {{"a", {1, 2}}, {"b", "x"}};
  EXPECT_EQ(pool.Intern(map), pool.Intern(map));
  EXPECT_EQ(pool.Intern(5), pool.Intern(int64_t{5}));
  EXPECT_NE(pool.Intern(10), pool.Intern(10.0));
  EXPECT_NE(pool.Intern(10), pool.Intern("10"));
  EXPECT_NE(pool.Intern(nullptr), pool.Intern(""));
  EXPECT_NE(pool.Intern(Json::array()), pool.Intern(Json::object()));
  EXPECT_NE(pool.Intern(true), pool.Intern("true"));
}

TEST(ValuePoolTest, ReturnsEachValueAsItWas) {
  ValuePool pool;
  for (const char* text : {"null",
                           "true",
                           "false",
                           "0",
                           "-7",
                           "18446744073709551615",
                           "-9223372036854775808",
                           "10.0",
                           "1e-07",
                           "1e+23",
                           "-0.0",
                           "0.1",
                           "\"\"",
                           "\"Z\\u00fcrich\"",
                           "[]",
                           "{}",
                           "18446744073709551616",
                           "[-123456789012345678901234567890]",
                           "[1,[2,{\"a\":null}]]",
                           "{\"\":1,\"b\":{\"c\":[true]}}"}) {
    const Json value = ParseJson(text, "value").value();
    const Json back = pool.ToJson(pool.Intern(value));
    EXPECT_EQ(DumpJson(back), DumpJson(value));
    EXPECT_EQ(back, value) << text;
    EXPECT_EQ(back.is_number_float(), value.is_number_float()) << text;
  }
}

TEST(ValuePoolTest, ReleasesAValueAndItsPartsWithTheLastUser) {
  ValuePool pool;
  const ValueId whole = pool.Intern({{"k", {"shared", "own"}}});
  const ValueId again = pool.Intern({{"k", {"shared", "own"}}});
  const ValueId shared = pool.Intern("shared");
  EXPECT_EQ(pool.size(), 5u);  // the map, k, the array, shared, own
  pool.Release(whole);
  EXPECT_EQ(pool.size(), 5u);
  pool.Release(again);
  EXPECT_EQ(pool.size(), 1u);
  EXPECT_EQ(pool.text(shared), "shared");
  pool.Release(shared);
  EXPECT_EQ(pool.size(), 0u);
}

TEST(ValuePoolTest, UsesFreedIdsAgain) {
  ValuePool pool;
  const size_t before = pool.limit();
  for (int i = 0; i < 1000; ++i) pool.Release(pool.Intern({i, i + 1, {{"key", i}}}));
  EXPECT_EQ(pool.size(), 0u);
  EXPECT_LE(pool.limit(), before + 8);
}

}  // namespace
}  // namespace orch::hub
