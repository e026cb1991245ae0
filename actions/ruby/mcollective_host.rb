# frozen_string_literal: true

# Hosts MCollective's own agents. The node agent runs it:
#   mcollective_host.rb describe      reports DDL, activation and faults of every agent in the library folders
#   mcollective_host.rb serve NAME    answers requests to one agent until its input ends
# Requests are JSON, one a line; "config" has the settings and library folders, and "facts" is JSON text.
$LOAD_PATH.unshift(File.join(__dir__, 'compat'))
require_relative 'worker_loop'
require 'mcollective'
require 'mcollective/ddl_json'

module Orch
  class McollectiveHost
    LOAD_SECONDS = 15 # to load one agent and ask whether it wants to run
    NAME = /\A[a-z0-9_]+\z/.freeze

    def self.configure(config, facts_text)
      facts = nil
      read_facts = -> { facts ||= JSON.parse(facts_text || '{}') }
      libdirs = config['libdirs'] || []
      MCollective::Config.instance.update(config, libdirs, read_facts)
      libdirs.each { |folder| $LOAD_PATH.push(folder) unless $LOAD_PATH.include?(folder) }
    end

    # Loads the file of the agent and returns its class. Raises an error that tells the fault.
    def self.load_agent(name)
      path = MCollective::PluginManager.path_of("agent/#{name}.rb") or raise "agent/#{name}.rb is not there"
      [path, MCollective::PluginManager.path_of("agent/#{name}.ddl")].compact.each { |file| check_safe(file) }
      require path
      constant = MCollective::Agent.constants.find { |one| one.to_s.downcase == name } or
        raise "agent/#{name}.rb defines no class MCollective::Agent::#{name.capitalize}"
      klass = MCollective::Agent.const_get(constant)
      raise "MCollective::Agent::#{constant} is no RPC::Agent; older agents cannot be hosted" unless klass < MCollective::RPC::Agent

      klass
    end

    # The file runs with the rights of the node agent, so nobody else may be able to write it.
    def self.check_safe(path)
      [path, File.dirname(path)].each do |file|
        stat = File.stat(file)
        next if [0, Process.euid].include?(stat.uid) && (stat.mode & 0o022).zero?

        raise "#{file} must belong to root and be writable by nobody else"
      end
    end

    def self.problem(error)
      "#{error.class}: #{error.message} (#{Array(error.backtrace).first})"
    end
  end

  # Answers one request. It loads each agent in a process of its own, so that no agent affects the others.
  class Describer
    AT_ONCE = 4

    def answer(request)
      McollectiveHost.configure(request['config'], request['facts'])
      only = request['only'].to_s
      found = MCollective::PluginManager.find('agent', 'rb').sort
      found &= [only] unless only.empty?
      agents = found.each_slice(AT_ONCE).flat_map do |names|
        names.map { |name| [name, start(name)] }.map { |name, child| finish(name, child) }
      end
      { agents: agents }
    end

    private

    def start(name)
      reader, writer = IO.pipe
      pid = fork do
        reader.close
        $stdin.reopen(File::NULL)
        writer.write(JSON.generate(WorkerLoop.clean(describe(name))))
        writer.close
        exit!(0)
      end
      writer.close
      { pid: pid, pipe: reader, give_up: now + McollectiveHost::LOAD_SECONDS }
    end

    def describe(name)
      return { error: 'its name is not of a-z, 0-9 and _' } unless name =~ McollectiveHost::NAME

      klass = McollectiveHost.load_agent(name)
      ddl = MCollective::DDL.new(name)
      settings = MCollective::Config.instance.pluginconf
      json = MCollective::DdlJson.new(name, ddl, read: list(settings['mcollective.read_actions']),
                                                 open_inputs: list(settings['mcollective.open_actions']))
      { ddl: json.to_hash, active: klass.activate? ? true : false }
    rescue Exception => e # rubocop:disable Lint/RescueException: whatever its files do at load
      { error: McollectiveHost.problem(e) }
    end

    def list(text)
      text.to_s.split(/[\s,]+/).reject(&:empty?)
    end

    def finish(name, child)
      text = read(child)
      answer = text.empty? ? { error: 'it ended the process that loaded it' } : JSON.parse(text)
      answer.merge(name: name)
    rescue Timeout::Error
      { name: name, error: "it did not load within #{McollectiveHost::LOAD_SECONDS} s" }
    rescue JSON::ParserError
      { name: name, error: 'the process that loaded it answered garbage' }
    ensure
      child[:pipe].close
      begin
        Process.kill(:KILL, child[:pid])
      rescue SystemCallError
        nil # it has ended
      end
      Process.wait(child[:pid])
    end

    def read(child)
      text = +''
      loop do
        left = child[:give_up] - now
        raise Timeout::Error if left <= 0 || !IO.select([child[:pipe]], nil, nil, left)

        text << child[:pipe].readpartial(65_536)
      end
    rescue EOFError
      text
    end

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end

  # Answers any number of requests; the first one loads the agent.
  class Server
    def initialize(name)
      @name = name
    end

    def answer(request)
      McollectiveHost.configure(request['config'] || {}, request['facts'])
      @agent ||= McollectiveHost.load_agent(@name).new(MCollective::DDL.new(@name))
      code_of(@agent.serve(request))
    rescue SystemExit => e
      crash("the action called exit #{e.status}")
    rescue Exception => e # rubocop:disable Lint/RescueException: an action may raise anything
      raise if e.is_a?(SignalException) || e.is_a?(NoMemoryError)

      crash(McollectiveHost.problem(e))
    end

    private

    def code_of(reply)
      code = reply.statuscode
      message = reply.statusmsg.to_s
      code = 1 unless code.is_a?(Integer) && code.between?(0, 5)
      { statuscode: code, statusmsg: message, data: reply.data }
    end

    def crash(message)
      data = @agent && @agent.reply ? @agent.reply.data : {}
      { statuscode: 5, statusmsg: message, data: data, error_kind: 'crash' }
    end
  end
end

mode, name = ARGV
handler = mode == 'serve' ? Orch::Server.new(name) : Orch::Describer.new
Orch::WorkerLoop.run { |request| handler.answer(request) }
