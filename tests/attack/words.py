"""The words of the wire in Python, made from proto/ when this is imported."""
import atexit
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
_folder = tempfile.mkdtemp(prefix="orch-attack-words.")
subprocess.run(["protoc", f"-I{PROTO}", f"--python_out={_folder}", *map(str, sorted((PROTO / "orch/v1").glob("*.proto")))],
               check=True)
sys.path.insert(0, _folder)
from orch.v1 import fleet_pb2 as fleet, job_pb2 as job, node_service_pb2 as node  # noqa: E402,F401
from orch.v1 import orchestrator_service_pb2 as orchestrator  # noqa: E402,F401
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

SERVICES = [service for file in (orchestrator, node) for service in file.DESCRIPTOR.services_by_name.values()]
CALL = "/orch.v1.Orchestrator/"
ATTACH = "/orch.v1.NodeService/Attach"
