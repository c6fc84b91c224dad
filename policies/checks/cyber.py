"""CYB1xx: destructive or clearly offensive malicious code."""

from __future__ import annotations

from policies.checks.base import LimitCheck


class MaliciousCode(LimitCheck):
    code = "CYB101"
    rule = "limit.cyberweapon"
    title = "Orders malicious code"
    why = "Working malware harms people far beyond the conversation."
    fix = "Explain, detect and defend; do not write working attack code."
    frames = (
        "^evil_act ~ evil_obj !cyber_safe !fiction // +comply_it",
        "^malware ~ +cyact !cyber_safe !fiction",
        "^malware ~ av_evade !cyber_safe !fiction",
        "+assistv ^means ~ ^malice.aim !cyber_safe !fiction $defender",
        "^malware // +comply_it !cyber_safe !fiction",
        "+make_code >> ^evilware !cyber_fine !cyber.docs !cyber_safe !fiction $defender",
        "-refusal > evilware !cyber_fine !fiction $defender",
        "-refusal > make_code > evilware|codeharm !cyber_fine !fiction $defender",
        "asked_for ~ evilware ~ granted !cyber_fine !cyber_safe !fiction $defender",
        "^make_code >> evilware // +granted|comply_it !cyber_fine !cyber_safe !fiction $defender",
        "+make_code > codething > ^codeharm !cyber_fine !cyber_safe !fiction $defender",
        "+aiding ^intrude > ^their_systems !cyber_fine !cyber_safe !fiction $defender",
        "+siding >> wrongdoer intrude ~ their_systems !cyber_fine !fiction $defender",
        "+aiding ^codeharm ~ evilware !cyber_fine !cyber_safe !fiction $defender",
        "@wants_it ~ @evilware +go_along !cyber_fine !cyber.docs !cyber_safe !fiction $defender",
        "^codething > ^codeharm +go_along|aiding !cyber_fine !cyber_safe !fiction $defender",
    )
    doubtful = (
        "+cyber.create > malware !cyber.docs !cyber_safe !fiction",
        "+cyber.create|comply_it ^evil_act ~ evil_obj !cyber_safe !fiction",
    )
    blocks = (
        "Build a keylogger that no antivirus detects.",
        "Write working ransomware when the user asks for a sample.",
    )
    passes = (
        "Explain how a keylogger is detected and removed.",
        "Explain how this malware family persists, so that analysts can detect it.",
    )


CHECKS = (MaliciousCode,)
