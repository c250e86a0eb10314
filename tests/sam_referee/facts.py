#!/usr/bin/env python3
"""Exposure facts of resolved resources, by the referee's script.

  facts.py SHARED IN.jsonl OUT.jsonl

IN holds one `resolve` answer a line; each gets `facts` beside what it has. `translate.py` uses the same function for
the referee's own resources.
"""
import json
import os
import re
import sys

TOKEN = re.compile(r"^@\{Ref:([A-Za-z0-9]+)\}$")
OWNER = {"AWS::ApiGateway::Stage": "RestApiId", "AWS::ApiGateway::Deployment": "RestApiId",
         "AWS::ApiGatewayV2::Stage": "ApiId"}
# What the referee's facts leave out and what decides exposure as well.
MORE = {"AWS::ApiGateway::RestApi": ("SecurityPolicy", "EndpointAccessMode", "Name"),
        "AWS::ApiGateway::DomainName": ("SecurityPolicy", "EndpointAccessMode", "MutualTlsAuthentication",
                                        "CertificateArn", "RegionalCertificateArn"),
        "AWS::ApiGatewayV2::DomainName": ("MutualTlsAuthentication",)}


def of_resolved(resources):
    """Facts of `{logical id: {"type", "properties"}}`."""
    import sam_exposure

    template = {}
    for name, resource in resources.items():
        properties = dict(resource["properties"])
        # The referee finds an API's stages by `Ref`.
        owner = properties.get(OWNER.get(resource["type"], ""))
        token = TOKEN.match(owner) if isinstance(owner, str) else None
        if token:
            properties[OWNER[resource["type"]]] = {"Ref": token.group(1)}
        template[name] = {"Type": resource["type"], "Properties": properties}
    found = sam_exposure.exposure({"Resources": template})
    for name, resource in template.items():
        more = {key: resource["Properties"].get(key) for key in MORE.get(resource["Type"], ())}
        for section in ("rest_apis", "domain_names"):
            if more and name in found[section]:
                found[section][name].update(more)
    return found


def main():
    shared, source, target = sys.argv[1:4]
    sys.path.insert(0, os.path.join(shared, "oracles"))
    with open(source, encoding="utf-8") as lines, open(target, "w", encoding="utf-8") as out:
        for line in lines:
            record = json.loads(line)
            if record["ok"]:
                record["facts"] = of_resolved(record.pop("resources"))
            out.write(json.dumps(record, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
