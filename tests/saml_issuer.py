"""A small SAML identity provider: reads the request that a browser brings and signs an answer with its own key."""

from __future__ import annotations

import base64
import secrets
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from onelogin.saml2.utils import OneLogin_Saml2_Utils

ENTITY, SSO = "https://idp.example/metadata", "https://idp.example/sso"
AUDIENCE = "http://testserver/accounts/saml/saml/metadata/"

RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_{id}" Version="2.0"
 IssueInstant="{now}" Destination="{acs}" {asked}>{issuer}
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertion}</samlp:Response>"""
ASSERTION = """<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a{id}" Version="2.0" IssueInstant="{now}">{issuer}
<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{person}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="{end}"
 Recipient="{acs}" {asked}/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{begin}" NotOnOrAfter="{end}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{now}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
<saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>{email}</saml:AttributeValue></saml:Attribute>{more}</saml:AttributeStatement></saml:Assertion>"""
ISSUER = '<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{}</saml:Issuer>'


@dataclass
class Key:
    private: str
    certificate: str


def make_key() -> Key:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, datetime.now(UTC), datetime.now(UTC) + timedelta(1)
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    return Key(private, made.sign(key, hashes.SHA256()).public_bytes(pem).decode())


@dataclass
class IdentityProvider:
    key: Key = field(default_factory=make_key)
    person: str = "id of ada"
    email: str = "ada@meridian.example"
    attributes: dict[str, str] = field(default_factory=dict)
    audience: str = AUDIENCE
    issuer: str = ENTITY
    digest: str = "http://www.w3.org/2001/04/xmlenc#sha256"
    age: timedelta = timedelta()  # of the answer, which is good for five minutes
    unasked: bool = False

    def answer(self, location: str, *, signed: Key | None) -> str:
        """The form field that the person's browser posts after logging in at ``location``; ``signed``: by which key."""
        packed = parse_qs(urlsplit(location).query)["SAMLRequest"][0]
        request = ElementTree.fromstring(zlib.decompress(base64.b64decode(packed), -15))
        now = datetime.now(UTC) - self.age
        words = {
            "id": secrets.token_hex(16),
            "now": _time(now),
            "begin": _time(now - timedelta(minutes=1)),
            "end": _time(now + timedelta(minutes=5)),
            "acs": request.get("AssertionConsumerServiceURL"),
            "asked": "" if self.unasked else f'InResponseTo="{request.get("ID")}"',
            "issuer": ISSUER.format(self.issuer),
            "person": self.person,
            "email": self.email,
            "audience": self.audience,
            "more": "".join(
                f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>'
                for name, value in self.attributes.items()
            ),
        }
        assertion = ASSERTION.format(**words)
        if signed:
            algorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
            assertion = OneLogin_Saml2_Utils.add_sign(
                assertion, signed.private, signed.certificate, False, algorithm, self.digest
            ).decode()
        return base64.b64encode(RESPONSE.format(**words, assertion=assertion).encode()).decode()


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
