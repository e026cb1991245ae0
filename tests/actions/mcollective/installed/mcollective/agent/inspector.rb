module MCollective
  module Agent
    class Inspector<RPC::Agent
      activate_when { File.directory?("/") }

      def startup_hook
        @calls = 0
        @greeting = config.pluginconf.fetch("inspector.greeting", "hello")
        MCollective::Util.loadclass("MCollective::Util::InspectorHelper")
      end

      def before_processing_hook(msg, connection)
        @calls += 1
        @action = msg[:body][:action]
      end

      action "inspect" do
        validate :file, String
        validate :file, /^\//
        validate :file, 256
        validate :mode, ["quick", "thorough"]

        Log.info("looking at %s" % request[:file])
        reply.fail! "%s is secret" % request[:file] if request[:file] == "/secret"

        if File.exists?(request[:file])
          reply[:state] = "present"
          reply.data[:size] = File.size(request[:file])
          reply[:double] = MCollective::Util::InspectorHelper.double(reply[:size])
        else
          reply[:state] = "absent"
        end
        reply[:depth_class] = request.fetch(:depth, 0).is_a?(Fixnum)
        reply[:given] = request.data.keys.map(&:to_s).sort
      end

      # The older way to write an action.
      def wc_action
        reply[:exitcode] = run("wc -w; echo complaint >&2; pwd; printf %s \"$FLAVOUR\"",
                               :stdout => :out, :stderr => :err, :stdin => request[:text], :cwd => "/",
                               :environment => {"FLAVOUR" => "plain"}, :chomp => true)
        reply.fail "wc said %d" % reply[:exitcode], 1 unless reply[:exitcode] == 0
      end

      action "fail_soft" do
        reply.fail "softly", 3
        reply[:after] = "reached"
      end

      action "fail_hard" do
        reply[:before] = "kept"
        reply.fail! "hard", 1
        reply[:after] = "reached"
      end

      action "invalid" do
        raise InvalidRPCData, "not like this"
      end

      action "missing" do
        validate :nothing, :shellsafe
      end

      action "surroundings" do
        reply[:caller] = request.caller
        reply[:agent] = request.agent
        reply[:sender] = request.sender
        reply[:identity] = config.identity
        reply[:greeting] = @greeting
        reply[:calls] = @calls
        reply[:action] = @action
        reply[:timeout] = timeout
        reply[:version] = meta[:version]
        reply[:family] = Util.get_fact("osfamily")
        reply[:is_web] = Util.has_cf_class?("/web/")
        reply[:facts] = PluginManager["facts_plugin"].get_fact("a.b")
        reply[:newer] = Util.versioncmp("2.10", "2.9")
        reply[:symbol] = :running
        reply[:time] = Time.at(0).utc
        reply[:bytes] = "\xff".force_encoding("BINARY")
      end

      action "environment" do
        reply[:stdin] = $stdin.read
        reply[:pgid] = Process.getpgrp
        out = ""
        run("ps -o pgid= -p $$", :stdout => out)
        reply[:child_pgid] = out.to_i
      end

      action "slow" do
        reply[:exitcode] = run("sleep 600", :timeout => 0.2)
      end
    end
  end
end
