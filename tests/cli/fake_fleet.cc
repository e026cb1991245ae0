// Nodes, replies and DDLs for FakeHub.
#include "tests/cli/fake_hub.h"

namespace orch::cli::testing {

v1::Node MakeNode(const std::string& identity, const std::string& facts_json) {
  v1::Node node;
  node.set_identity(identity);
  node.set_presence(v1::CONNECTED);
  node.add_collectives("mcollective");
  node.set_main_collective("mcollective");
  for (const char* plugin : {"package", "rpcutil", "service"}) node.add_plugins()->set_name(plugin);
  node.add_classes("ntp");
  node.set_facts_json(facts_json);
  node.set_version("0.1.0");
  return node;
}

v1::Reply OkReply(const std::string& identity, const Json& data, int64_t latency_us) {
  v1::Reply reply;
  reply.set_identity(identity);
  reply.set_state(v1::OK);
  reply.set_status_message("OK");
  reply.set_data_json(data.is_null() ? "{}" : data.dump());
  reply.set_latency_us(latency_us);
  return reply;
}

v1::Reply FailedReply(const std::string& identity, v1::TaskState state, uint32_t code, const std::string& message) {
  v1::Reply reply;
  reply.set_identity(identity);
  reply.set_state(state);
  reply.set_status_code(code);
  reply.set_status_message(message);
  return reply;
}

std::string ServiceDdl() {
  return R"({"$schema":"https://choria.io/schemas/mcorpc/ddl/v1/agent.json",
"metadata":{"license":"Apache-2.0","author":"orch","timeout":60,"name":"service","version":"1.0.0","url":"https://example.com","description":"Services"},
"actions":[
{"action":"restart","description":"Restart","display":"failed","impact":"change",
 "input":{"service":{"prompt":"Service","description":"The service","type":"string","optional":false,"validation":"service_name","maxlength":90}},
 "output":{"status":{"description":"State","display_as":"Service Status","type":"string"}}},
{"action":"status","description":"Status","display":"always","impact":"read",
 "input":{"service":{"prompt":"Service","description":"The service","type":"string","optional":false,"validation":"service_name","maxlength":90}},
 "output":{"status":{"description":"State","display_as":"Service Status","type":"string"}},
 "aggregate":[{"function":"summary","args":["status"]}]}
]})";
}

std::string PackageDdl() {
  return R"({"metadata":{"license":"Apache-2.0","author":"orch","timeout":180,"name":"package","version":"1.0.0","url":"https://example.com","description":"Packages"},
"actions":[
{"action":"checkupdates","description":"Updates","display":"always","impact":"read","input":{},
 "output":{"exitcode":{"description":"Exit code","display_as":"Exit Code","type":"integer"},
  "outdated_packages":{"description":"List","display_as":"Outdated Packages","type":"array"},
  "output":{"description":"Output","display_as":"Output","type":"string"},
  "package_manager":{"description":"Manager","display_as":"Package Manager","type":"string"}}},
{"action":"install","description":"Install","display":"failed","impact":"change",
 "input":{"package":{"prompt":"Package","description":"The package","type":"string","optional":false,"validation":"shellsafe","maxlength":90},
  "version":{"prompt":"Version","description":"The version","type":"string","optional":true,"validation":"shellsafe","maxlength":90}},
 "output":{"ensure":{"description":"Version","display_as":"Full package version","type":"string"},
  "name":{"description":"Name","display_as":"Name","type":"string"}}},
{"action":"status","description":"Status","display":"always","impact":"read",
 "input":{"package":{"prompt":"Package","description":"The package","type":"string","optional":true,"validation":"shellsafe","maxlength":90},
  "packages":{"prompt":"Packages","description":"Several packages","type":"string","optional":true,"validation":"shellsafe","maxlength":1024}},
 "output":{"ensure":{"description":"Version","display_as":"Full package version","type":"string"},
  "name":{"description":"Name","display_as":"Name","type":"string"}}}
]})";
}

std::string RpcutilDdl() {
  return R"({"metadata":{"license":"Apache-2.0","author":"orch","timeout":10,"name":"rpcutil","version":"1.0.0","url":"https://example.com","description":"Utilities"},
"actions":[
{"action":"get_fact","description":"Fact","display":"always","impact":"read",
 "input":{"fact":{"prompt":"Fact","description":"The fact","type":"string","optional":false,"validation":"^[\\w\\-\\.]+$","maxlength":40}},
 "output":{"fact":{"description":"Fact","display_as":"Fact","type":"string"},"value":{"description":"Value","display_as":"Value","type":"string"}},
 "aggregate":[{"function":"summary","args":["value"]}]},
{"action":"ping","description":"Ping","display":"always","impact":"read","input":{},
 "output":{"pong":{"description":"Time","display_as":"Timestamp","type":"integer"}}}
]})";
}

std::string FilemgrDdl() {
  return R"({"metadata":{"license":"Apache-2.0","author":"orch","timeout":5,"name":"filemgr","version":"1.1.0","url":"https://example.com","description":"Files"},
"actions":[
{"action":"status","description":"Status of a file","display":"always","impact":"read",
 "input":{"file":{"prompt":"File","description":"The file","type":"string","optional":false,"validation":".","maxlength":256}},
 "output":{"mode":{"description":"Mode","display_as":"Mode","type":"string"}}},
{"action":"touch","description":"Creates a file","display":"failed","impact":"change",
 "input":{"file":{"prompt":"File","description":"The file","type":"string","optional":false,"validation":".","maxlength":256},
  "force":{"prompt":"Force","description":"Even when it exists","type":"boolean","optional":true},
  "max_age":{"prompt":"Age","description":"At most so old","type":"integer","optional":true,"default":5},
  "mode":{"prompt":"Mode","description":"How","type":"list","optional":true,"list":["soft","hard"]},
  "tags":{"prompt":"Tags","description":"Tags","type":"array","optional":true},
  "timeout":{"prompt":"Timeout","description":"Of the file system","type":"string","optional":true,"validation":"shellsafe","maxlength":9}},
 "output":{}}
]})";
}

}  // namespace orch::cli::testing
