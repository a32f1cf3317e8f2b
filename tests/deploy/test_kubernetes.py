"""The manifests: valid, unprivileged, probed, and no secret in them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.files import (
    K8S_BASE,
    documents,
    generated,
    kubernetes_settings,
    manifest,
    worker_container,
)

POD = manifest("StatefulSet")["spec"]["template"]["spec"]


def test_core_manifests_are_valid():
    files = [str(K8S_BASE / name) for name in manifest("Kustomization")["resources"]]
    command = Path(sys.executable).with_name("kubernetes-validate")
    done = subprocess.run([command, "--strict", *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_kustomization_names_every_file():
    kustomization = manifest("Kustomization")
    named = set(kustomization["resources"]) | {"kustomization.yaml"}
    for generator in kustomization["configMapGenerator"]:
        named |= set(generator.get("files", []))
    assert named == {path.name for path in K8S_BASE.iterdir()}


def test_selectors_select_the_pods():
    labels = manifest("StatefulSet")["spec"]["template"]["metadata"]["labels"]
    assert manifest("StatefulSet")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("Service")["spec"]["selector"] == labels
    assert manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels


def test_the_service_is_headless_and_the_statefulset_names_it():
    service = manifest("Service")
    assert service["spec"]["clusterIP"] == "None"
    assert manifest("StatefulSet")["spec"]["serviceName"] == service["metadata"]["name"]
    [port] = worker_container()["ports"]
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]


def test_probes_ask_the_pages_that_exist():
    container = worker_container()
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert container["startupProbe"]["httpGet"]["path"] == "/livez"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_the_worker_stops_before_it_is_killed():
    grace = kubernetes_settings()["CORDIAL_STREAMS_GRACE"]
    assert grace is not None
    assert float(grace) < POD["terminationGracePeriodSeconds"]


def test_the_pod_is_unprivileged():
    container = worker_container()["securityContext"]
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["runAsUser"] == 10001
    assert POD["automountServiceAccountToken"] is False
    assert container["readOnlyRootFilesystem"] is True
    assert container["allowPrivilegeEscalation"] is False
    assert container["capabilities"] == {"drop": ["ALL"]}


def test_memory_has_a_limit_equal_to_its_request():
    resources = worker_container()["resources"]
    assert resources["requests"]["memory"] == resources["limits"]["memory"]


def test_secrets_are_referred_to_and_never_there():
    kinds = {one.get("kind") for path in K8S_BASE.glob("*.yaml") for one in documents(path)}
    assert "Secret" not in kinds
    values = kubernetes_settings()
    for name in ("CORDIAL_STREAMS_API_KEY", "CORDIAL_STREAMS_KAFKA__PASSWORD"):
        assert name not in values
    assert values["CORDIAL_STREAMS_CONTACT_SECRET"] is None


@pytest.mark.parametrize("name", ["API_KEY_FILE", "WEB__TOKEN_FILE"])
def test_the_file_of_a_secret_is_where_the_secret_is_mounted(name):
    path = Path(kubernetes_settings()[f"CORDIAL_STREAMS_{name}"] or "")
    mounts = {one["mountPath"]: one["name"] for one in worker_container()["volumeMounts"]}
    volume = next(one for one in POD["volumes"] if one["name"] == mounts[str(path.parent)])
    assert path.name in {item["path"] for item in volume["secret"]["items"]}


def test_the_plan_is_where_the_configmap_is_mounted():
    args = worker_container()["args"]
    path = Path(args[args.index("--plan") + 1])
    mounts = {one["mountPath"]: one["name"] for one in worker_container()["volumeMounts"]}
    volume = next(one for one in POD["volumes"] if one["name"] == mounts[str(path.parent)])
    assert path.name in generated(volume["configMap"]["name"])["files"]
