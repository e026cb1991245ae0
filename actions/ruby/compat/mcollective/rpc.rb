# frozen_string_literal: true

require 'mcollective/rpc/reply'
require 'mcollective/rpc/request'
require 'mcollective/rpc/action_runner'
require 'mcollective/rpc/agent'
