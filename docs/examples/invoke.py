#!/usr/bin/python3
"""Runs `rpcutil ping` on every node and prints each answer as it comes: invoke.py HUB PEM_FILE

PEM_FILE is what `orch-hub key client NAME --pem` has printed: the certificate, the hub's CA and the key."""
import sys
import grpc
from orch.v1 import job_pb2, orchestrator_service_pb2 as api, orchestrator_service_pb2_grpc as rpc

hub, pem = sys.argv[1], open(sys.argv[2], "rb").read()
with grpc.secure_channel(hub, grpc.ssl_channel_credentials(pem, pem, pem)) as channel:
    spec = job_pb2.JobSpec(plugin="rpcutil", action="ping")
    for event in rpc.OrchestratorStub(channel).Invoke(api.InvokeRequest(spec=spec)):
        for reply in event.replies:
            print(reply.identity, reply.status_message, reply.data_json.decode())
