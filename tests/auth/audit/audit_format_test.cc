#include "auth/audit/audit_format.h"

#include <gtest/gtest.h>

namespace orch::auth {
namespace {

const Json kRecord = {{"seq", 7},
                      {"time", "2026-01-31T12:00:00.250000Z"},
                      {"event", "task.run"},
                      {"decision", "denied"},
                      {"caller", "client=alice"},
                      {"reason", "no \"rule\""},
                      {"job", "0123"},
                      {"plugin", "package"},
                      {"action", "update"},
                      {"inputs", {{"package", "httpd"}}},
                      {"prev", "00"},
                      {"hash", "11"}};

TEST(AuditFormatTest, McoLineIsThatOfMCollective) {
  EXPECT_EQ(AuditAsMco(kRecord),
            "[2026-01-31 12:00:00 UTC] reqid=0123: reqtime=1769860800 caller=client=alice@- agent=package "
            "action=update data={\"package\":\"httpd\"}");
}

TEST(AuditFormatTest, OtherEventsHaveAnMcoLineToo) {
  Json record = kRecord;
  for (const char* member : {"job", "plugin", "action", "inputs"}) record.erase(member);
  record["event"] = "hub.start";
  record["caller"] = "";
  EXPECT_EQ(AuditAsMco(record),
            "[2026-01-31 12:00:00 UTC] reqid=-: reqtime=1769860800 caller=-@- agent=orch action=hub.start data={}");
}

TEST(AuditFormatTest, SyslogFollowsRfc5424) {
  const std::string line = AuditAsSyslog(kRecord, "hub.example.com");
  EXPECT_EQ(line.rfind("<108>1 2026-01-31T12:00:00.250000Z hub.example.com orch-audit - task.run - {", 0), 0u) << line;
  Json allowed = kRecord;
  allowed["decision"] = "allowed";
  EXPECT_EQ(AuditAsSyslog(allowed, "a host\n").rfind("<110>1 2026-01-31T12:00:00.250000Z a_host_ ", 0), 0u);
}

TEST(AuditFormatTest, TextIsOneLineWhateverTheRecordHolds) {
  EXPECT_EQ(AuditAsText(kRecord),
            "2026-01-31 12:00:00  denied    client=alice        task.run package.update inputs={\"package\":\"httpd\"} "
            "job=0123  (no \"rule\")");
  Json hostile = kRecord;
  hostile["caller"] = "client=a\nb\x1b[0m";
  hostile["time"] = 12;
  hostile["event"] = {1, 2};
  hostile["targets"] = std::vector<std::string>(100, "web");
  const std::string text = AuditAsText(hostile);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_LT(text.size(), 300u);
  EXPECT_EQ(AuditAsMco(hostile).find('\n'), std::string::npos);
  EXPECT_EQ(AuditAsSyslog(hostile, "h").find('\n'), std::string::npos);
}

}  // namespace
}  // namespace orch::auth
