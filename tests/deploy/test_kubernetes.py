"""The manifests: valid, unprivileged, probed, and no secret in them."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from streams.settings import WebSettings
from streams.settings.model import DATA_CENTRES
from tests.deploy.files import (
    DASHBOARDS,
    K8S,
    K8S_BASE,
    SCALED,
    documents,
    generated,
    kubernetes_settings,
    manifest,
    worker_container,
)
from tools.manifests import invalid, named

POD = manifest("StatefulSet")["spec"]["template"]["spec"]


def manifests():
    """Every whole manifest of the repository: no kustomization, no patch."""
    for path in sorted(K8S.rglob("*.yaml")):
        patch = "components" in path.parts and path.name == "statefulset.yaml"
        for one in () if patch else documents(path):
            if one.get("kind") not in (None, "Kustomization", "Component"):
                yield one


BESIDE = [one for one in manifests() if one["kind"] in ("Deployment", "Job")]


@pytest.mark.parametrize("document", [*manifests()], ids=named)
def test_manifests_are_valid(document):
    assert list(invalid(document)) == []


def test_what_no_schema_has_is_refused():
    [scaled] = documents(SCALED)
    scaled["spec"]["triggers"][0]["metadata"]["lagTreshold"] = "1"
    wrong = manifest("StatefulSet")
    wrong["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    assert "lagTreshold" in next(invalid(scaled))
    assert "livenesProbe" in next(invalid(wrong))


@pytest.mark.parametrize("folder", sorted({path.parent for path in K8S.rglob("*.yaml")}), ids=str)
def test_kustomizations_name_every_file(folder):
    [kustomization] = documents(folder / "kustomization.yaml")
    named = {"kustomization.yaml"}
    for word in ("resources", "components"):
        named |= set(kustomization.get(word, ()))
    named |= {one["path"] for one in kustomization.get("patches", ()) if "path" in one}
    for generator in kustomization.get("configMapGenerator", ()):
        named |= set(generator.get("files", []))
    there = {path.name for path in folder.iterdir() if path.is_file()}
    assert {name for name in named if "/" not in name} == there
    assert all((folder / name).exists() for name in named)


def test_every_dashboard_is_a_config_map():
    [component] = documents(DASHBOARDS[0].parents[1] / "kustomization.yaml")
    listed = [name for one in component["configMapGenerator"] for name in one["files"]]
    assert sorted(listed) == [f"dashboards/{one.name}" for one in DASHBOARDS]


def test_selectors_select_the_pods():
    labels = manifest("StatefulSet")["spec"]["template"]["metadata"]["labels"]
    name = {"app.kubernetes.io/name": "cordial-streams"}
    part = {"app.kubernetes.io/part-of": "cordial-streams"}
    assert labels == name | part
    assert manifest("StatefulSet")["spec"]["selector"]["matchLabels"] == name
    assert manifest("Service")["spec"]["selector"] == name
    assert manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == name
    assert manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == part


@pytest.mark.parametrize("workload", BESIDE, ids=named)
def test_pods_beside_the_workers_are_none_of_them_and_under_the_same_policy(workload):
    """The group's pods are counted, scraped and asked for by their name."""
    labels = workload["spec"]["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == workload["metadata"]["name"] != "cordial-streams"
    assert labels["app.kubernetes.io/part-of"] == "cordial-streams"


@pytest.mark.parametrize("workload", BESIDE, ids=named)
def test_pods_beside_the_workers_are_as_unprivileged(workload):
    pod = workload["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"] == POD["securityContext"]
    assert container["securityContext"] == worker_container()["securityContext"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == POD["serviceAccountName"]


@pytest.mark.parametrize("workload", BESIDE, ids=named)
def test_pods_beside_the_workers_have_no_key_of_cordials(workload):
    text = yaml.safe_dump(workload)
    assert "api-key" not in text
    assert "web-token" not in text


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
    assert POD["serviceAccountName"] == manifest("ServiceAccount")["metadata"]["name"]
    assert manifest("ServiceAccount")["automountServiceAccountToken"] is False
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


def test_nothing_but_the_pages_can_be_reached():
    [rule] = manifest("NetworkPolicy")["spec"]["ingress"]
    [port] = worker_container()["ports"]
    assert [one["port"] for one in rule["ports"]] == [port["name"]]
    assert port["containerPort"] == WebSettings.model_fields["port"].default


def test_what_a_worker_calls_can_be_reached():
    rules = manifest("NetworkPolicy")["spec"]["egress"]
    ports = {one["port"] for rule in rules for one in rule["ports"]}
    overlay = K8S / "overlays" / "production" / "kustomization.yaml"
    generator = documents(overlay)[0]["configMapGenerator"][1]
    given = dict(literal.split("=", 1) for literal in generator["literals"])
    for settings in (kubernetes_settings(), given):
        assert int(settings["CORDIAL_STREAMS_KAFKA__BOOTSTRAP"].rpartition(":")[2]) in ports
    assert {urlsplit(one).port or 443 for one in DATA_CENTRES.values()} == {443}
    assert ports == {53, 9092, 9093, 8081, 443, 4318}
    assert all(rule["to"] for rule in rules)
