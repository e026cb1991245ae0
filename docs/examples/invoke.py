#!/usr/bin/python3
"""Runs `rpcutil ping` on every node and prints each answer as it comes: invoke.py HUB CREDENTIALS HUB_CERTIFICATE"""
import hashlib, hmac, os, ssl, sys, time
import grpc
from orch.v1 import job_pb2, orchestrator_service_pb2 as api, orchestrator_service_pb2_grpc as rpc

hub, credentials, certificate = sys.argv[1:4]
pem = open(certificate).read()
_, key_id, psk = next(line.split() for line in open(credentials) if line.startswith("psk "))
mac = lambda key, text: hmac.new(key, text, hashlib.sha256)
key = mac(mac(bytes(32), bytes.fromhex(psk)).digest(), b"client\0peadmin\x01").digest()  # HKDF-SHA256, one block

def credential(method):
    at, nonce = str(time.time_ns() // 1000), os.urandom(16).hex()
    cert = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    signed = "\n".join(["orch-call-v1", "client", "peadmin", method, at, nonce, cert])
    return [("orch-credential", f"v1 kind=client name=peadmin key={key_id} at={at} nonce={nonce} cert={cert} "
                                f"mac={mac(key, signed.encode()).hexdigest()}")]

with grpc.secure_channel(hub, grpc.ssl_channel_credentials(pem.encode())) as channel:
    spec = job_pb2.JobSpec(plugin="rpcutil", action="ping")
    for event in rpc.OrchestratorStub(channel).Invoke(api.InvokeRequest(spec=spec),
                                                      metadata=credential("/orch.v1.Orchestrator/Invoke")):
        for reply in event.replies:
            print(reply.identity, reply.status_message, reply.data_json.decode())
