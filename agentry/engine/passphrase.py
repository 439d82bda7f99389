"""The secrets of a stack, encrypted under a passphrase, in Pulumi's format.

    state       v1:<salt, 8 bytes>:<the word "pulumi", encrypted>
    ciphertext  v1:<nonce, 12 bytes>:<AES-256-GCM>            all base64
    key         PBKDF2-HMAC-SHA256 of the passphrase, 1,000,000 rounds, 32 bytes
    in a state  {SIGNATURE: SECRET, "ciphertext": <the value's JSON text, encrypted>}

Source: pkg/secrets/passphrase and sdk/go/common/resource/config/crypt.go of Pulumi.
"""

from __future__ import annotations

import binascii
import json
import os
from base64 import b64decode, b64encode
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from agentry.engine.values import SECRET, SIGNATURE, is_secret, refuse_unsupported, reveal, secret, signature
from agentry.errors import ConfigError, StateError, WrongPassphrase

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDS = 1_000_000
_CHECK_WORD = "pulumi"
_VARIABLES = "PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"


class Secrets:
    """Encrypts and decrypts for one passphrase and salt.

    Deriving the key takes between a fifth and a whole second of one core. It begins at once, in a thread (OpenSSL lets
    go of the interpreter), so make this first and do something else before the first secret is needed. Under the empty
    passphrase it begins only when there is a secret: there is nobody to tell that the passphrase is wrong before that,
    and most stacks under it (the sandbox's) hold none.

    Attributes:
        state: `v1:<salt>:v1:...`, what the stack file and the checkpoint keep; safe to show.
    """

    def __init__(self, passphrase: str, salt: bytes, *, state: str, where: str) -> None:
        self.state = state
        self._where = where
        self._verified = False
        # By place and plain text. An unchanged secret keeps its ciphertext, else every write would change them all.
        self._ciphertexts: dict[tuple[str, str], str] = {}
        self._derive = partial(_derive, passphrase, salt)
        self._deriving: Future[bytes] | None = None
        if passphrase:
            thread = ThreadPoolExecutor(1, thread_name_prefix="derive-key")
            self._deriving = thread.submit(self._derive)
            thread.shutdown(wait=False)

    @property
    def _key(self) -> bytes:
        return self._deriving.result() if self._deriving else self._derive()

    @classmethod
    def open(cls, passphrase: str, state: str, *, where: str = "") -> Secrets:
        """Begin to derive the key; nothing is checked against it yet.

        Args:
            passphrase: May be empty.
            state: `encryptionsalt` of a stack file, or the salt of a checkpoint.
            where: The file it is from, named in errors.

        Raises:
            ConfigError: The state is malformed.
        """
        parts = state.split(":", 2)
        try:
            salt = b64decode(parts[1], validate=True)
        except (IndexError, binascii.Error):
            salt = b""
        if len(parts) != 3 or parts[0] != "v1" or not salt:
            raise ConfigError(
                "the encryption salt is malformed",
                where=where,
                why="it should read v1:<salt>:v1:<nonce>:<ciphertext>",
                fix="put the line back as it was: without it the stack's secrets are lost",
            )
        return cls(passphrase, salt, state=state, where=where)

    @classmethod
    def new(cls, passphrase: str) -> Secrets:
        """With a salt of its own. Waits for the key."""
        salt = os.urandom(8)
        made = cls(passphrase, salt, state="", where="")
        made.state = f"v1:{b64encode(salt).decode()}:{made.encrypt(_CHECK_WORD)}"
        made._verified = True
        return made

    def verify(self) -> None:
        """Wait for the key, and see whether it opens the state.

        Raises:
            WrongPassphrase: It does not.
        """
        if self._verified:
            return
        try:
            self._verified = self._open(self.state.split(":", 2)[2]) == _CHECK_WORD
        except (InvalidTag, ValueError, binascii.Error):
            self._verified = False
        if not self._verified:
            raise WrongPassphrase(
                "the passphrase is wrong",
                where=self._where,
                why="it does not open the secrets of this stack",
                fix=f"set {_VARIABLES} to the passphrase that the stack was made with",
            )

    def encrypt(self, plaintext: str) -> str:
        """Encrypt, each time with another nonce; `WrongPassphrase` when it is not the stack's."""
        if self.state:
            self.verify()
        nonce = os.urandom(12)
        sealed = AESGCM(self._key).encrypt(nonce, plaintext.encode(), None)
        return f"v1:{b64encode(nonce).decode()}:{b64encode(sealed).decode()}"

    def decrypt(self, ciphertext: str) -> str:
        """Decrypt.

        Raises:
            WrongPassphrase: The passphrase is not this stack's.
            StateError: It is, and the ciphertext is still another stack's, or damaged.
        """
        self.verify()
        try:
            return self._open(ciphertext)
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise StateError(
                "a secret can not be decrypted",
                where=self._where,
                why="it is damaged, or was copied from another stack",
                fix="set it again, or take it from a backup",
            ) from error

    def _open(self, ciphertext: str) -> str:
        version, nonce, sealed = ciphertext.split(":")
        if version != "v1":
            raise ValueError(version)
        plain = AESGCM(self._key).decrypt(b64decode(nonce), b64decode(sealed), None)
        return plain.decode()

    def seal(self, value: Any, place: str = "") -> Any:
        """A value as the checkpoint has it: every secret encrypted, an unchanged one in its place as it was.

        Args:
            value: Any property value.
            place: Where in the state it is, as `unseal` was told.
        """
        if is_secret(value):
            text = _canonical(reveal(value["value"]))
            if (place, text) not in self._ciphertexts:
                self._ciphertexts[place, text] = self.encrypt(text)
            return {SIGNATURE: SECRET, "ciphertext": self._ciphertexts[place, text]}
        if isinstance(value, dict):
            return {key: self.seal(item, f"{place}/{key}") for key, item in value.items()}
        if isinstance(value, list):
            return [self.seal(item, f"{place}/{index}") for index, item in enumerate(value)]
        return value

    def unseal(self, value: Any, place: str = "") -> Any:
        """The reverse of `seal`; `Unsupported` for assets and archives, and the errors of `decrypt`."""
        if signature(value) == SECRET:
            return self._unseal_secret(value, place)
        if isinstance(value, dict):
            return {key: self.unseal(item, f"{place}/{key}") for key, item in refuse_unsupported(value).items()}
        if isinstance(value, list):
            return [self.unseal(item, f"{place}/{index}") for index, item in enumerate(value)]
        return value

    def _unseal_secret(self, value: dict[str, Any], place: str) -> Any:
        # `pulumi stack export --show-secrets` and `import` put plain text in the ciphertext's place.
        if "ciphertext" not in value:
            return secret(json.loads(value["plaintext"]))
        # The CLI may have encrypted secrets inside this one; what is inside a secret needs no mark of its own.
        plain = reveal(self.unseal(json.loads(self.decrypt(value["ciphertext"])), place))
        self._ciphertexts[place, _canonical(plain)] = value["ciphertext"]
        return secret(plain)

    def __repr__(self) -> str:
        return f"Secrets({self._where!r})"


@lru_cache(maxsize=16)
def _derive(passphrase: str, salt: bytes) -> bytes:
    """The key; a process that works on one stack again and again derives it once."""
    return PBKDF2HMAC(hashes.SHA256(), length=32, salt=salt, iterations=ROUNDS).derive(passphrase.encode())


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def find_passphrase(environment: Mapping[str, str]) -> str:
    """PULUMI_CONFIG_PASSPHRASE, or what is in PULUMI_CONFIG_PASSPHRASE_FILE without the space around it.

    Raises:
        ConfigError: Neither is set, or the file can not be read.
    """
    if (passphrase := environment.get("PULUMI_CONFIG_PASSPHRASE")) is not None:
        return passphrase
    if file := environment.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                "the passphrase can not be read",
                where=f"PULUMI_CONFIG_PASSPHRASE_FILE={file}",
                why=str(error),
                fix="name a readable text file, or set PULUMI_CONFIG_PASSPHRASE",
            ) from error
    raise ConfigError(
        "no passphrase for the stack's secrets",
        why="the embedded engine encrypts the secrets of every stack but `local` under a passphrase of yours",
        fix=f"set {_VARIABLES} (the empty passphrase: export PULUMI_CONFIG_PASSPHRASE=)",
    )
