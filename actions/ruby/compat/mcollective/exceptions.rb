# frozen_string_literal: true

module MCollective
  class CodedError < RuntimeError; end
  class DDLValidationError < RuntimeError; end
  class ValidatorError < RuntimeError; end
  class UnknownPluginError < RuntimeError; end
  class MsgDoesNotMatchRequestID < RuntimeError; end

  # One error class for each status code of a reply.
  class RPCError < StandardError; end
  class RPCAborted < RPCError; end
  class UnknownRPCAction < RPCError; end
  class MissingRPCData < RPCError; end
  class InvalidRPCData < RPCError; end
  class UnknownRPCError < RPCError; end
end
