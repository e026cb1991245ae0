# frozen_string_literal: true

module MCollective
  # Logs to standard error. The node agent shows the last lines after a failure.
  module Log
    LEVELS = %i[debug info warn error fatal].freeze
    @level = :warn

    class << self
      attr_accessor :level

      LEVELS.each do |level|
        define_method(level) { |message = nil, &block| log(level, message || (block && block.call)) }
      end

      def log(level, message, _from = nil)
        return if LEVELS.index(level) < LEVELS.index(@level)

        warn_line("#{level}: #{message}")
      end

      # The logger of older agents: @logger.info("…").
      def instance
        self
      end

      def configure(_logger = nil); end

      def set_level(level)
        @level = level.to_sym if LEVELS.include?(level.to_sym)
      end

      def logexception(code, level, error, backtrace = false)
        log(level, "#{code}: #{error.class}: #{error}")
        Array(error.backtrace).each { |line| log(level, line) } if backtrace
      end

      def logmsg(_code, default, level, args = {})
        log(level, format(default, args))
      end

      private

      def warn_line(line)
        $stderr.puts(line)
      end
    end
  end

  Logger = Log
end
