# frozen_string_literal: true

module MCollective
  # Runs a command: a String by the shell, as in MCollective, and an Array without a shell. After a timeout all its
  # descendants are ended, whatever their groups and sessions. Processes that a command leaves running when it ends by
  # itself survive, because an agent may start a service that way.
  class Shell
    KILL_AFTER = 2 # seconds between SIGTERM and SIGKILL
    KILL_ROUNDS = 50
    DRAIN_SECONDS = 0.5 # for what the command wrote last
    GUARD = 'orch-guard' # adopts what leaves the family of this process, see base/process/process_guard.h

    attr_reader :command, :environment, :cwd, :stdin, :stdout, :stderr, :status, :timeout

    # Options: stdout and stderr (any object with <<), stdin (text), cwd, environment (nil passes no variables, a Hash
    # is added to LC_ALL=C.UTF-8), timeout (seconds).
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
      @adopted_before = @timeout ? children_by_parent[guard] : []
      pid = Process.spawn(@environment, *Array(@command), in: in_read, out: out_write, err: err_write, chdir: @cwd)
      [in_read, out_write, err_write].each(&:close)
      feed = Thread.new { write_input(in_write) }
      readers = [drain(out_read, @stdout), drain(err_read, @stderr)]
      @status = wait(pid)
      # Processes that the command left running may keep the pipes open; this does not wait for them.
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

      wait_until(pid, @timeout) || end_all(pid)
    end

    # Returns the status of the command.
    def end_all(pid)
      signal('TERM', family(pid))
      ended = wait_until(pid, KILL_AFTER)
      KILL_ROUNDS.times do
        left = family(pid) - (ended ? [pid] : [])
        break if left.empty?

        signal('KILL', left)
        ended ||= wait_until(pid, 0)
        sleep 0.01
      end
      ended || wait_until(pid, KILL_AFTER)
    end

    def signal(name, pids)
      pids.each do |pid|
        begin
          Process.kill(name, pid)
        rescue SystemCallError
          nil # it has ended
        end
      end
    end

    # Returns the command, its descendants, and the processes that have detached themselves from it.
    def family(pid)
      children = children_by_parent
      found = [pid] + (children[guard] - @adopted_before - [Process.pid])
      found.each { |one| found.concat(children[one] - found) }
    end

    # Returns nil without a subreaper; the orphans then belong to init and cannot be attributed.
    def guard
      File.read("/proc/#{Process.ppid}/comm").chomp == GUARD ? Process.ppid : nil
    rescue SystemCallError
      nil
    end

    def children_by_parent
      Dir.glob('/proc/[0-9]*/stat').each_with_object(Hash.new { [] }) do |file, children|
        begin
          stat = File.binread(file)
        rescue SystemCallError
          next
        end
        state, parent = stat[(stat.rindex(')') + 2)..-1].split
        children[parent.to_i] += [stat.to_i] unless %w[Z X].include?(state)
      end
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
