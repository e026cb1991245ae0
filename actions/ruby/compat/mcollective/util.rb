# frozen_string_literal: true

module MCollective
  module Util
    class << self
      def loadclass(name)
        PluginManager.loadclass(name)
      end

      def has_agent?(agent)
        names = PluginManager.find('agent', 'ddl')
        agent.is_a?(Regexp) || agent.to_s.start_with?('/') ? names.any? { |name| matches?(name, agent) } : names.include?(agent.to_s)
      end

      def has_cf_class?(name)
        Config.instance.classes.any? { |one| matches?(one, name) }
      end

      def has_identity?(name)
        matches?(Config.instance.identity, name)
      end

      def get_fact(name)
        Facts.get_fact(name)
      end

      def has_fact?(name, value, operator = '==')
        Facts.has_fact?(name, value, operator)
      end

      def config_file_for_user
        Config.instance.configfile
      end

      def empty_filter
        { 'fact' => [], 'cf_class' => [], 'agent' => [], 'identity' => [], 'compound' => [] }
      end

      def empty_filter?(filter)
        filter == empty_filter || filter == {}
      end

      def mcollective_version
        MCollective::VERSION
      end

      def ruby_version
        RUBY_VERSION
      end

      def windows?
        false
      end

      def absolute_path?(path, *_)
        path.to_s.start_with?('/')
      end

      def str_to_bool(value)
        case value.to_s.strip
        when /\A(1|yes|true|y|t)\z/i then true
        when /\A(0|no|false|n|f|)\z/i then false
        else raise "cannot make a boolean of '#{value}'"
        end
      end

      def command_in_path?(command)
        ENV['PATH'].to_s.split(File::PATH_SEPARATOR).any? { |folder| File.executable?(File.join(folder, command)) }
      end

      def shellescape(text)
        require 'shellwords'
        Shellwords.escape(text.to_s)
      end

      # Returns -1, 0 or 1; compares numbers as numbers.
      def versioncmp(left, right)
        parts = [left, right].map { |version| version.to_s.scan(/\d+|[a-zA-Z]+/) }
        parts[0].zip(parts[1]).each do |one, other|
          return 1 if other.nil?

          numbers = [one, other].all? { |part| part =~ /\A\d+\z/ }
          order = numbers ? one.to_i <=> other.to_i : one <=> other
          return order unless order.zero?
        end
        parts[0].size <=> parts[1].size
      end

      private

      # A text "/x/" is a pattern.
      def matches?(text, wanted)
        wanted = Regexp.new($1) if wanted.is_a?(String) && wanted =~ %r{\A/(.*)/\z}
        wanted.is_a?(Regexp) ? !(text.to_s =~ wanted).nil? : text.to_s == wanted.to_s
      end
    end
  end
end
