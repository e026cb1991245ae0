"""A stand-in for the public Python library of that name: the same shape, so that agents written for
it run here unchanged. Settings come from the file the protocol names."""
import json
import os
import sys


class Settings(dict):
    @classmethod
    def load(cls):
        settings = cls()
        with open(os.environ["CHORIA_EXTERNAL_CONFIG"]) as file:
            for line in file:
                key, equals, value = line.partition("=")
                if equals and not line.lstrip().startswith("#"):
                    settings[key.strip()] = value.strip()
        return settings


class Request:
    def __init__(self, fields):
        self.agent, self.action = fields["agent"], fields["action"]
        self.caller, self.data = fields["callerid"], fields["data"]


class Reply:
    def __init__(self):
        self.statuscode, self.statusmsg, self.data = 0, "", {}

    def fail(self, statuscode, statusmsg):
        self.statuscode, self.statusmsg = statuscode, statusmsg

    def fields(self):
        return {"statuscode": self.statuscode, "statusmsg": self.statusmsg, "data": self.data, "disableresponse": False}


class Agent:
    actions = {}

    def __init__(self, request, reply):
        self.request, self.reply, self.config = request, reply, Settings.load()

    def should_activate(self):
        return True

    def facts(self):
        with open(os.environ["CHORIA_EXTERNAL_FACTS"]) as file:
            return json.load(file)


def action(method):
    method.is_action = True
    return method


def register_actions(agent):
    agent.actions = {name: member for name, member in vars(agent).items() if getattr(member, "is_action", False)}
    return agent


def dispatch(agent):
    protocol = os.environ["CHORIA_EXTERNAL_PROTOCOL"]
    with open(os.environ["CHORIA_EXTERNAL_REQUEST"]) as file:
        fields = json.load(file)
    if fields["protocol"] != protocol:
        sys.exit("the request is of another protocol than announced")
    if protocol == "io.choria.mcorpc.external.v1.activation_request":
        answer = {"activate": agent(None, None).should_activate() is True}
    else:
        reply = Reply()
        runner = agent(Request(fields), reply)
        runner.actions[fields["action"]](runner)
        answer = reply.fields()
    with open(os.environ["CHORIA_EXTERNAL_REPLY"], "w") as file:
        json.dump(answer, file)
