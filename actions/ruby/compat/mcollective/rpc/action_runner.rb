# frozen_string_literal: true

module MCollective
  module RPC
    # Runs an action that is a script beside the agent. The script gets the names of the request file and the reply file
    # as arguments and in the environment; its exit code is the status code, and standard error is the message.
    class ActionRunner
      attr_reader :command, :agent, :action, :format, :request

      def initialize(command, request, format = :json)
        @agent = request.agent
        @action = request.action
        @format = format
        @request = request
        @command = path_to_command(command)
      end

      def run
        raise "the script #{@command} is not there" unless File.file?(@command)
        raise "the script #{@command} is not executable" unless File.executable?(@command)
        raise "scripts speak json, not #{@format}" unless @format == :json

        Dir.mktmpdir('mcollective') { |folder| run_in(folder) }
      end

      # Returns an absolute path as it is, or finds a script in agent/NAME of a library folder.
      def path_to_command(command)
        return command if command.start_with?('/')

        PluginManager.path_of(File.join('agent', @agent, command)) ||
          File.join(Config.instance.libdir.first.to_s, 'mcollective', 'agent', @agent, command)
      end

      private

      def run_in(folder)
        request_file = File.join(folder, 'request')
        reply_file = File.join(folder, 'reply')
        File.write(request_file, @request.to_json)
        File.write(reply_file, '')
        stdout = +''
        stderr = +''
        shell = Shell.new([@command, request_file, reply_file],
                          cwd: Dir.tmpdir, stdout: stdout, stderr: stderr,
                          environment: { 'MCOLLECTIVE_REQUEST_FILE' => request_file,
                                         'MCOLLECTIVE_REPLY_FILE' => reply_file })
        shell.runcommand
        stdout.each_line { |line| Log.info("#{@agent}##{@action}: #{line.chomp}") }
        { exitstatus: shell.status ? shell.status.exitstatus || 5 : 5, stdout: stdout, stderr: stderr,
          data: data_in(reply_file) }
      end

      def data_in(file)
        data = JSON.parse(File.read(file))
        data.each_with_object({}) { |(key, value), symbols| symbols[key.to_sym] = value }
      rescue JSON::ParserError, NoMethodError, ArgumentError
        {}
      end
    end
  end
end
