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

      action "nothing" do
        reply[:pid] = Process.pid
      end
    end
  end
end
