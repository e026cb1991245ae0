module MCollective
  module Agent
    class Trouble<RPC::Agent
      action "raises" do
        reply[:pid] = Process.pid
        raise "it went wrong"
      end

      action "exits" do
        exit 7
      end

      action "vanishes" do
        STDERR.puts "going now"
        exit! 7
      end

      action "dies" do
        Process.kill("KILL", Process.pid)
        sleep
      end

      action "hangs" do
        run("sleep 600")
      end

      action "prints" do
        puts "to standard output"
        $stdout.puts "and more"
        STDOUT.puts "and more"
        system("echo from a child")
        reply[:pid] = Process.pid
      end

      action "floods" do
        reply[:text] = "x" * 6_000_000
      end

      action "leaves" do
        File.write(config.pluginconf["trouble.pid_file"], Process.spawn("sleep 600").to_s)
        Process.kill("KILL", Process.pid)
        sleep
      end

      # Children that left their group and their family; their numbers are in the file.
      def scattered(and_then)
        file = config.pluginconf["trouble.pid_file"]
        "(setsid sh -c 'echo $$ >>#{file}; trap \"\" TERM; sleep 307' &) ; " \
          "timeout 600 sh -c 'echo $$ >>#{file}; exec sleep 307' & " \
          "until [ \"$(wc -l <#{file})\" -ge 2 ]; do sleep 0.01; done; #{and_then}"
      end

      action "overruns" do
        shell = Shell.new(scattered("sleep 307"), :timeout => 1)
        shell.runcommand
        reply[:pid] = shell.status.termsig
      end

      action "scatters" do
        system(scattered("sleep 307"))
      end

      action "serves" do
        file = config.pluginconf["trouble.pid_file"]
        system("nohup sh -c 'echo $$ >>#{file}; while echo tick; do sleep 0.02; done' &")
        sleep 0.01 until File.size?(file)
      end

      action "nothing" do
        reply[:pid] = Process.pid
      end
    end
  end
end
