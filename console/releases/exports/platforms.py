"""Amazon Bedrock and Google Vertex AI: the body of the call as their own endpoints take it, and where it goes.

Both take the parameters of the Messages API but the model, which is part of the address, and ask for a version.
"""

from __future__ import annotations

import json
from typing import Any

from console.releases.exports.exported import API_VERSION, Exported


def bedrock(exported: Exported) -> str:
    """For ``invoke_model(modelId=…, contentType=…, accept=…, body=json.dumps(body))``.

    The model may have another name in an account, such as that of an inference profile.
    """
    return _json(
        exported,
        {
            "modelId": f"anthropic.{exported.config['model']}",
            "contentType": "application/json",
            "accept": "application/json",
            "body": _body(exported),
        },
    )


def vertex(exported: Exported) -> str:
    """For a POST of ``body`` to ``path``, below ``/v1/projects/PROJECT/locations/REGION/``."""
    model = exported.config["model"]
    path = f"publishers/anthropic/models/{model}:rawPredict"
    return _json(exported, {"model": model, "path": path, "body": _body(exported)})


def _body(exported: Exported) -> dict[str, Any]:
    kept = {name: value for name, value in exported.config.items() if name != "model"}
    return {"anthropic_version": API_VERSION, **kept, "messages": []}


def _json(exported: Exported, form: dict[str, Any]) -> str:
    about = {key: value for key, value in exported.as_dict().items() if key != "config"}
    return json.dumps({**form, "release": about}, indent=2, ensure_ascii=False) + "\n"
