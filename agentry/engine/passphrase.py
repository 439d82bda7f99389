"""The secrets of a stack, encrypted under a passphrase, in Pulumi's format.

state       v1:<salt, 8 bytes>:<the word "pulumi", encrypted>
ciphertext  v1:<nonce, 12 bytes>:<AES-256-GCM>            all base64
key         PBKDF2-HMAC-SHA256 of the passphrase, 1,000,000 rounds, 32 bytes
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Secrets:
    """Encrypts and decrypts for one passphrase and salt. Deriving the key takes a fifth of a second and begins at once, in a thread."""

    state: str
    """`v1:<salt>:v1:...`: what stack file and checkpoint keep."""

    @classmethod
    def open(cls, passphrase: str, state: str, *, where: str = "") -> Secrets:
        """Begin to derive the key; `where` (a stack file) is named in errors. `ConfigError` for a state that is none."""

    @classmethod
    def new(cls, passphrase: str) -> Secrets:
        """With a salt of its own. Waits for the key."""

    def verify(self) -> None:
        """Wait for the key; `WrongPassphrase` when it does not open the state."""

    def encrypt(self, plaintext: str) -> str:
        """Encrypt; a plaintext that was decrypted or encrypted before keeps its ciphertext."""

    def decrypt(self, ciphertext: str) -> str:
        """Decrypt; `WrongPassphrase` when that fails."""

    def seal(self, value: Any) -> Any:
        """Every secret in a value as the checkpoint has it."""

    def unseal(self, value: Any) -> Any:
        """The reverse of `seal`."""


def find_passphrase(environment: Mapping[str, str]) -> str:
    """PULUMI_CONFIG_PASSPHRASE, or what is in PULUMI_CONFIG_PASSPHRASE_FILE; `ConfigError` saying what to type if neither is set."""
