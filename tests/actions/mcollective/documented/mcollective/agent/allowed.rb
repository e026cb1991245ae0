module MCollective
  module Agent
    class Allowed<RPC::Agent
      action "bare" do
        reply[:usage] = ddl.usage
      end

      action "look" do
        reply[:given] = request.data
      end

      ["start", "stop"].each do |verb|
        action verb do
          reply[:class] = request[:any_needed].class.to_s
        end
      end

      action "facts" do
        reply[:number] = Facts["cpus"]
        reply[:is_text] = Facts["cpus"] == "4"
        reply[:boolean] = Facts["is_virtual"]
        reply[:nothing] = Facts["nothing"]
        reply[:float] = Facts["load"]
        reply[:inside] = Facts["os"]["release"]["major"]
        reply[:list] = Facts["ports"]
        reply[:by_method] = [Facts.get_fact("cpus"), Util.get_fact("cpus"), Facts.get_facts["cpus"],
                             PluginManager["facts_plugin"].get_facts["cpus"], PluginManager["facts_plugin"].get_fact["cpus"]]
        reply[:absent] = Facts["nosuch"]
        reply[:has] = [Facts.has_fact?("cpus", "4", "=="), Util.has_fact?("cpus", "10", "<"), Facts.has_fact?("ports", "443"),
                       Facts.has_fact?("os", "release"), Facts.has_fact?("nosuch", "")]
      end
    end
  end
end
