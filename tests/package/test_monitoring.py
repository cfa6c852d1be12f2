#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What packaging/ has for those who watch: PodMonitor, rules, dashboard, node-problem-detector, CronJob; with a real
Prometheus that scrapes real pages."""
import contextlib
import http.server
import json
import math
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

try:
    import yaml
except ModuleNotFoundError:
    print("SKIP: python3-yaml is not installed")
    sys.exit(77)

SOURCE = pathlib.Path(os.environ["SOURCE"])
PACKAGING = SOURCE / "packaging"
sys.path.insert(0, str(SOURCE / "tests/cli"))

import agent_series  # noqa: E402
import agents  # noqa: E402
import binary  # noqa: E402
import prometheus  # noqa: E402
from twisters import closed_port, resolv_conf, twister  # noqa: E402

if not prometheus.PROMETHEUS or not prometheus.PROMTOOL:
    print("SKIP: prometheus is not installed")
    sys.exit(77)

SCRAPE = 1


def document(name):
    return yaml.safe_load((PACKAGING / name).read_text())


def promtool(*words):
    done = subprocess.run([prometheus.PROMTOOL, *map(str, words)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def snake(name):
    return re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name)


def scrape_job(monitor, targets):
    """The job that a PodMonitor becomes; its targets have the labels that Kubernetes gives them."""
    endpoint, = monitor["spec"]["podMetricsEndpoints"]
    return {"job_name": f"{monitor['metadata']['namespace']}/{monitor['metadata']['name']}",
            "scrape_interval": f"{SCRAPE}s", "scrape_timeout": f"{SCRAPE}s",
            "sample_limit": monitor["spec"]["sampleLimit"],
            "relabel_configs": [{"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
                                {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
                                *({snake(key): value for key, value in rule.items()}
                                  for rule in endpoint["relabelings"])],
            "static_configs": [{"targets": [target], "labels": {
                "__meta_kubernetes_namespace": "k8sdns", "__meta_kubernetes_pod_name": f"k8sdns-agent-{node}",
                "__meta_kubernetes_pod_node_name": node}} for node, target in targets.items()]}


class Page(http.server.BaseHTTPRequestHandler):
    """The fullest page of an agent; whatever counts has counted more each time, and all the same."""
    asked = 0

    def do_GET(self):  # noqa: N802, the name that the library looks for
        self.server.asked += 1
        kinds, lines = {}, []
        for line in self.server.text.splitlines():
            if line.startswith("# TYPE "):
                kinds[line.split()[2]] = line.split()[3]
            name = re.match(r"\w*", line)[0]
            kind = kinds.get(name) or kinds.get(re.sub("_(bucket|sum|count)$", "", name))
            if name and kind in ("counter", "histogram"):
                series, value = line.rsplit(" ", 1)
                line = f"{series} {float(value) + 10 * self.server.asked}"
            elif re.match(r"(k8sdns_conntrack_entries|process)", line):
                line = re.sub(r" \S+$", " 7", line)
            lines.append(line)
        body = "\n".join([*lines, ""]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def pages(count):
    """So many servers of pages; {node: its address and port}."""
    with contextlib.ExitStack() as stack:
        found = {}
        for i in range(count):
            server = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page))
            server.text, server.asked = agent_series.text(), 0
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            found[f"n{i}"] = f"127.0.0.1:{server.server_port}"
        yield found


class Prometheus:
    """One that scrapes; questions that are asked of it."""

    def __init__(self, url):
        self.url = url

    def get(self, path, **parameters):
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?" + urllib.parse.urlencode(parameters),
                                    timeout=20) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        return self.get("query", query=expression)["result"]

    def wait_for(self, expression, seconds=60):
        end = time.monotonic() + seconds
        while not (found := self.query(expression)):
            if time.monotonic() > end:
                raise AssertionError(f"not seen: {expression}; {self.get('targets')}")
            time.sleep(0.3)
        return found


@contextlib.contextmanager
def scraping(targets, rules=None):
    config = {"global": {"scrape_interval": f"{SCRAPE}s", "evaluation_interval": "1s"},
              "scrape_configs": [scrape_job(document("podmonitor.yaml"), targets)],
              "rule_files": [str(rules)] if rules else []}
    with tempfile.TemporaryDirectory() as folder, prometheus.serving(folder, config=json.dumps(config)) as url:
        yield Prometheus(url)


class PodMonitor(binary.Case):
    def test_finds_agents(self):
        """It selects what agent.yaml makes, by the name of its port, and takes the largest page."""
        monitor = document("podmonitor.yaml")
        endpoint, = monitor["spec"]["podMetricsEndpoints"]
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        for agent in yaml.safe_load_all((PACKAGING / "agent.yaml").read_text()):
            template = agent["spec"]["template"]
            self.assertEqual(agent["metadata"]["namespace"], monitor["metadata"]["namespace"])
            self.assertLessEqual(wanted, template["metadata"]["labels"].items())
            ports = [port["name"] for container in template["spec"]["containers"] for port in container["ports"]]
            self.assertEqual(ports, [endpoint["port"]])
        samples = [line for line in agent_series.text().splitlines() if line[:1] != "#"]
        self.assertLess(len(samples), monitor["spec"]["sampleLimit"])

    def test_scrape(self):
        """A real agent by its job: named by node, and nothing renamed since the scrape has the same label."""
        with twister(answers=agents.ANSWERS) as server, agents.agent("--replica", server) as agent, \
                scraping({"n1": f"127.0.0.1:{agent.port}"}) as engine:
            row, = engine.wait_for("k8sdns_node_queries_total > 0")
            self.assertEqual({key: row["metric"][key] for key in ("node", "namespace", "pod", "job")},
                             {"node": "n1", "namespace": "k8sdns", "pod": "k8sdns-agent-n1",
                              "job": "k8sdns/k8sdns-agent"})
            labels = engine.get("labels")
            self.assertEqual([label for label in labels if label.startswith("exported_")], [])


class Rules(binary.Case):
    def test_checked(self):
        self.assertEqual(promtool("check", "rules", "--lint=all", "--lint-fatal", PACKAGING / "rules.yml")[0], 0)
        code, said = promtool("test", "rules", SOURCE / "tests/package/rules_test.yml")
        self.assertEqual(code, 0, said)

    def test_all_are_tried(self):
        """Each alert fires in a case of rules_test.yml, and is silent in another."""
        rules = [rule for group in document("rules.yml")["groups"] for rule in group["rules"]]
        cases = yaml.safe_load((SOURCE / "tests/package/rules_test.yml").read_text())["tests"]
        fires, silent = set(), set()
        for case in cases:
            for tried in case.get("alert_rule_test", []):
                (fires if tried.get("exp_alerts") else silent).add(tried["alertname"])
        alerts = {rule["alert"] for rule in rules if "alert" in rule}
        self.assertEqual((fires, silent), (alerts, alerts))
        for rule in rules:
            if "alert" in rule:
                self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))
                self.assertEqual(sorted(rule["annotations"]), ["description", "summary"])

    def test_served(self):
        """What they read is what agents serve, or what another rule records."""
        rules = [rule for group in document("rules.yml")["groups"] for rule in group["rules"]]
        recorded = {rule["record"] for rule in rules if "record" in rule}
        asked = set()
        for rule in rules:
            self.assertEqual(agent_series.unknown(rule["expr"]), [])
            asked |= {metric for metric, _, _ in agent_series.uses(rule["expr"])}
            named = set(re.findall(r"\w+:\w+:\w+", rule["expr"]))
            self.assertLessEqual(named, recorded, rule)
        self.assertGreater(len(asked), 8)

    def test_commands(self):
        """What an alert tells to type exists."""
        text = (PACKAGING / "rules.yml").read_text()
        known = re.findall(r"^  (\w+)  +\S", binary.run("help").stdout, re.M)
        for command in re.findall(r"k8sdns ([a-z]+)", text):
            self.assertIn(command, known)

    def test_operator(self):
        """The line in its comment makes an object of the operator with the same rules."""
        text = (PACKAGING / "rules.yml").read_text()
        found = re.search(r"#   (\(printf.*?)\n#    (sed .*\)) \| kubectl", text, re.S)
        made = subprocess.run(["sh", "-c", f"{found[1]}\n{found[2]}"], cwd=SOURCE, capture_output=True, text=True,
                              check=True)
        made = yaml.safe_load(made.stdout)
        self.assertEqual((made["kind"], made["spec"]), ("PrometheusRule", document("rules.yml")))


class Dashboard(binary.Case):
    def setUp(self):
        self.board = json.loads((PACKAGING / "dashboard.json").read_text())
        self.panels = [panel for panel in self.board["panels"] if panel["type"] != "row"]

    def expressions(self):
        for panel in self.panels:
            for target in panel["targets"]:
                yield panel, target["expr"]

    def test_form(self):
        """As Grafana has it since version 7: panels by grid, none over another, each with its data source."""
        self.assertEqual((self.board["uid"], self.board["schemaVersion"] >= 30), ("k8sdns", True))
        ids = [panel["id"] for panel in self.board["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for panel in self.board["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(cells & taken, panel["title"])
            self.assertLessEqual(at["x"] + at["w"], 24)
            taken |= cells
        variables = {variable["name"] for variable in self.board["templating"]["list"]}
        for panel, expression in self.expressions():
            self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"})
            self.assertIn(panel["type"], ("stat", "timeseries", "table", "heatmap"))
            used = set(re.findall(r"\$(\w+)", expression)) - {"__rate_interval", "__range"}
            self.assertLessEqual(used, variables, panel["title"])

    def test_served(self):
        for panel, expression in self.expressions():
            filled = expression.replace("$__rate_interval", "5m").replace("$__range", "1h")
            self.assertEqual(agent_series.unknown(filled), [], panel["title"])

    def test_bounded(self):
        """No panel draws a line for each node: with thousands it would die."""
        for panel, expression in self.expressions():
            if re.search(r"by \([^)]*\bnode\b", expression):
                self.assertRegex(expression, r"^(topk|quantile|max|count)\(", panel["title"])

    def test_queries(self):
        """Each query of each panel, asked of a Prometheus that has scraped full pages of three nodes."""
        with pages(3) as targets, scraping(targets, PACKAGING / "rules.yml") as engine:
            engine.wait_for(f"count(count_over_time(k8sdns_build_info[1h]) >= 5) == {len(targets)}")
            for panel, expression in self.expressions():
                metrics = {metric for metric, _, _ in agent_series.uses(expression)}
                if metrics and all(agent_series.page()[metric] is None for metric in metrics):
                    continue  # no agent has samples of it yet
                for key, value in (("$__rate_interval", f"{4 * SCRAPE}s"), ("$__range", "1h"), ("$cluster", ".*"),
                                   ("$node", ".*")):
                    expression = expression.replace(key, value)
                values = [float(row["value"][1]) for row in engine.query(expression)]
                self.assertTrue(values and all(map(math.isfinite, values)), (panel["title"], expression, values))
            for variable in self.board["templating"]["list"][1:]:
                metric, label = re.match(r"label_values\((\w+)(?:\{.*\})?, (\w+)\)", variable["definition"]).groups()
                self.assertIn(metric, agent_series.page())
                self.assertIn(label, agent_series.SCRAPED)
            groups = engine.get("rules")["groups"]
            self.assertEqual({rule["health"] for group in groups for rule in group["rules"]} - {"unknown"}, {"ok"})
            self.assertEqual({rule["lastError"] for group in groups for rule in group["rules"]
                              if "lastError" in rule}, set())


class NodeProblemDetector(binary.Case):
    def test_form(self):
        """What its own check asks for, and what its users have met: one rule a condition, time for it to end."""
        config = json.loads((PACKAGING / "node-problem-detector.json").read_text())
        self.assertEqual(config["plugin"], "custom")
        self.assertLessEqual(set(config["pluginConfig"]), {
            "invoke_interval", "timeout", "max_output_length", "concurrency",
            "enable_message_change_based_condition_update", "skip_initial_status"})
        condition, = config["conditions"]
        rule, = config["rules"]
        self.assertEqual(set(rule), {"type", "condition", "reason", "path", "args", "timeout"})
        self.assertEqual((rule["type"], rule["condition"]), ("permanent", condition["type"]))
        seconds = {key: int(value.removesuffix("s")) for key, value in
                   (("rule", rule["timeout"]), ("all", config["pluginConfig"]["timeout"]))}
        self.assertLess(seconds["rule"], seconds["all"])
        self.assertEqual(pathlib.Path(rule["path"]).name, "npd-dns")
        self.assertTrue((PACKAGING / "npd-dns").stat().st_mode & stat.S_IXUSR)
        usage = binary.run("diagnose", "--help").stdout
        for word in rule["args"]:
            if word.startswith("--"):
                self.assertIn(word, usage)

    def ask(self, *words, program=None):
        """(status, what it prints) with k8sdns on PATH, or with a script in its place."""
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder) / "k8sdns"
            if program is None:
                place.symlink_to(binary.K8SDNS)
            else:
                place.write_text(f"#!/bin/sh\n{program}\n")
                place.chmod(0o755)
            done = subprocess.run([PACKAGING / "npd-dns", *words], capture_output=True, text=True, check=False,
                                  env={**binary.ENVIRONMENT, "PATH": f"{folder}:{os.environ['PATH']}"})
        return done.returncode, done.stdout

    def test_statuses(self):
        """Every way in which the program may end."""
        for program, wanted in (("exit 0", 0), ("exit 1", 1), ("exit 2", 1), ("exit 3", 2), ("exit 64", 2),
                                ("exit 70", 2), ("exit 126", 2), ("kill -9 $$", 2), ("kill -15 $$", 2)):
            self.assertEqual(self.ask(program=f"echo; echo word; echo more; {program}"), (wanted, "word\n"), program)
        with tempfile.TemporaryDirectory() as folder:  # there is none
            for tool in ("sh", "sed"):
                (pathlib.Path(folder) / tool).symlink_to(shutil.which(tool))
            done = subprocess.run(["sh", PACKAGING / "npd-dns"], env={"PATH": folder}, capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("not found", done.stdout)

    def test_real(self):
        """Servers that answer, that refuse, that are silent; and what is not about DNS."""
        with resolv_conf() as conf, twister(answers=agents.ANSWERS) as good, closed_port() as closed, \
                twister("silent") as silent:
            words = ["--resolv-conf", conf, "--no-discovery", "--no-metrics"]
            code, said = self.ask(*words, "--replica", good)
            self.assertEqual(code, 0, said)
            for server in (closed, silent):
                code, said = self.ask(*words, "--replica", server)
                self.assertEqual((code, len(said.splitlines())), (1, 1), said)
                self.assertIn("FAILING", said)
            self.assertEqual(self.ask(*words, "--nonsense")[0], 2)
            self.assertEqual(self.ask("--resolv-conf", "/nowhere/at/all", "--no-discovery")[0], 2)


class CronJob(binary.Case):
    def test_reports(self):
        """Its command on three nodes of which one asks a server that does not answer, and scope over the logs."""
        job = document("cronjob.yaml")["spec"]["jobTemplate"]["spec"]
        self.assertEqual((job["completions"], job["backoffLimit"]), (job["parallelism"], 0))
        container, = job["template"]["spec"]["containers"]
        labels = job["template"]["metadata"]["labels"]
        spread, = job["template"]["spec"]["topologySpreadConstraints"]
        self.assertEqual(spread["labelSelector"]["matchLabels"], labels)
        self.assertIn(f"-l app={labels['app']} ", (PACKAGING / "cronjob.yaml").read_text())
        self.assertEqual([(env["name"], env["valueFrom"]["fieldRef"]["fieldPath"]) for env in container["env"]],
                         [("NODE_NAME", "spec.nodeName")])
        logs = ""
        with resolv_conf() as conf, twister(answers=agents.ANSWERS) as good, closed_port() as closed:
            for _ in range(2):
                for node, server in (("n1", good), ("n2", closed), ("n3", good)):
                    done = binary.run(*container["args"], "--resolv-conf", conf, "--no-discovery", "--no-metrics",
                                      "--replica", server, "--budget", "1s", env={"NODE_NAME": node})
                    self.assertEqual(done.returncode, 0, done.stderr)
                    logs += done.stdout
        found = json.loads(binary.run("scope", "--json", "-v", "-", stdin=logs.encode()).stdout)["data"]
        self.assertEqual((found["reports"], found["nodes"]), (6, 3))
        # A machine that does other things as well may have findings of its own.
        named = {row["node"]: row["findings"] for row in found["rows"] if row["kind"] == "node"}
        self.assertEqual({node for node, findings in named.items() if "all-unreachable" in findings}, {"n2"})
        self.assertEqual([cause["reports"] for cause in found["causes"] if cause["id"] == "all-unreachable"], [2])


if __name__ == "__main__":
    unittest.main(verbosity=2)
