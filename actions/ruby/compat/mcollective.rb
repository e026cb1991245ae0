# frozen_string_literal: true

# The environment that MCollective's agents expect, reimplemented as far as they need it.
require 'etc'
require 'json'
require 'monitor'
require 'set'
require 'tempfile'
require 'timeout'
require 'tmpdir'
require 'yaml'

module MCollective
  VERSION = '2.12.5' # the last release of the system these agents were written for
  def self.version
    VERSION
  end

  module Agent; end
  module Data; end
  module Validator; end
end

require 'mcollective/exceptions'
require 'mcollective/log'
require 'mcollective/config'
require 'mcollective/facts'
require 'mcollective/plugin_manager'
require 'mcollective/util'
require 'mcollective/cache'
require 'mcollective/shell'
require 'mcollective/validator'
require 'mcollective/ddl'
require 'mcollective/rpc'

# Names that the agents use and later versions of Ruby have dropped.
Fixnum = Integer unless defined?(Fixnum)
Bignum = Integer unless defined?(Bignum)
[File, Dir].each do |kind|
  kind.define_singleton_method(:exists?) { |path| exist?(path) } unless kind.respond_to?(:exists?)
end
