# frozen_string_literal: true

module MCollective
  # Runs a command: a String by the shell, as agents of the time do it, an Array as it stands. Its children
  # stay in the worker's process group and end with it.
  class Shell
    KILL_AFTER = 2 # seconds between SIGTERM and SIGKILL
    DRAIN_SECONDS = 0.5 # for what the command wrote last

    attr_reader :command, :environment, :cwd, :stdin, :stdout, :stderr, :status, :timeout

    # Options: stdout and stderr (anything with <<), stdin (text), cwd, environment (nil takes none of
    # ours, a Hash is added to LC_ALL=C.UTF-8), timeout (seconds).
    def initialize(command, options = {})
      @command = command
      @stdout = writable(options, :stdout)
      @stderr = writable(options, :stderr)
      @stdin = options[:stdin]
      @cwd = options[:cwd] || Dir.tmpdir
      @environment = options.key?(:environment) && options[:environment].nil? ? {} : default_environment(options)
      @timeout = options[:timeout]
      raise "stdin has to be text, not #{@stdin.class}" unless @stdin.nil? || @stdin.is_a?(String)
      raise "folder #{@cwd} is not there" unless File.directory?(@cwd)
    end

    def runcommand
      pipes = [IO.pipe, IO.pipe, IO.pipe]
      (in_read, in_write), (out_read, out_write), (err_read, err_write) = pipes
      pid = Process.spawn(@environment, *Array(@command), in: in_read, out: out_write, err: err_write, chdir: @cwd)
      [in_read, out_write, err_write].each(&:close)
      feed = Thread.new { write_input(in_write) }
      readers = [drain(out_read, @stdout), drain(err_read, @stderr)]
      @status = wait(pid)
      # What the command left running may hold the pipes open; it is not waited for.
      readers.each { |reader| reader.join(DRAIN_SECONDS) || reader.kill }
      feed.kill
      @status
    rescue SystemCallError => e
      @stderr << e.message
      @status = nil
    ensure
      pipes.flatten.each { |io| io.close unless io.closed? } if pipes
    end

    private

    def writable(options, name)
      to = options.fetch(name) { +'' }
      raise "#{name} has to take <<" unless to.respond_to?(:<<)

      to
    end

    def default_environment(options)
      { 'LC_ALL' => 'C.UTF-8' }.merge(options[:environment] || {})
    end

    def write_input(pipe)
      pipe.write(@stdin) if @stdin
      pipe.close
    rescue SystemCallError, IOError
      nil # it does not read
    end

    def drain(pipe, to)
      Thread.new do
        begin
          loop { to << pipe.readpartial(65_536) }
        rescue EOFError, IOError
          nil
        end
      end
    end

    def wait(pid)
      return Process.wait2(pid)[1] unless @timeout.is_a?(Numeric) && @timeout > 0

      ended = wait_until(pid, @timeout)
      %w[TERM KILL].each do |signal|
        break if ended

        Process.kill(signal, pid)
        ended = wait_until(pid, KILL_AFTER)
      end
      ended
    end

    def wait_until(pid, seconds)
      give_up = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
      loop do
        _, status = Process.wait2(pid, Process::WNOHANG)
        return status if status
        return nil if Process.clock_gettime(Process::CLOCK_MONOTONIC) > give_up

        sleep 0.01
      end
    end
  end
end
