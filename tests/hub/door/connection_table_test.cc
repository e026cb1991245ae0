#include "services/hub/door/connection_table.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/hub/door/fake_connections.h"

namespace orch::hub {
namespace {

TEST(ConnectionTableTest, FindsConnectionsByNumber) {
  ConnectionTable table;
  Connection* const first = AddConnection(&table, kNow);
  Connection* const second = AddConnection(&table, kNow);
  EXPECT_NE(first->id, second->id);
  EXPECT_EQ(table.Find(first->id), first);
  EXPECT_EQ(table.Find(second->id), second);
  EXPECT_EQ(table.Find(second->id + 1), nullptr);
  EXPECT_EQ(table.ids().size(), 2u);
}

TEST(ConnectionTableTest, ARetiredConnectionIsFoundNoMoreAndLivesUntilItIsBuried) {
  ConnectionTable table;
  Connection* const connection = AddConnection(&table, kNow);
  EXPECT_TRUE(table.Retire(connection));
  EXPECT_FALSE(table.Retire(connection));
  EXPECT_TRUE(table.has_retired());
  EXPECT_TRUE(connection->dead);
  EXPECT_EQ(table.Find(connection->id), nullptr);
  table.ForEach([](Connection*) { FAIL(); });
  table.Bury();
  EXPECT_FALSE(table.has_retired());
  EXPECT_TRUE(table.ids().empty());
}

TEST(ConnectionTableTest, ConnectionsMayBeRetiredWhileAllAreLookedAt) {
  ConnectionTable table;
  for (int i = 0; i < 5; ++i) AddConnection(&table, kNow);
  int seen = 0;
  table.ForEach([&](Connection* connection) {
    ++seen;
    table.Retire(connection);
  });
  EXPECT_EQ(seen, 5);
}

TEST(ConnectionTableTest, NumbersAreNotUsedAgain) {
  ConnectionTable table;
  const uint64_t id = AddConnection(&table, kNow)->id;
  table.Clear();
  EXPECT_NE(AddConnection(&table, kNow)->id, id);
}

}  // namespace
}  // namespace orch::hub
