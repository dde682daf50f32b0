"""Rate-limited token comparison."""

import asyncio
import hmac
import ipaddress

from cachetools import TTLCache

FREE = 10
"""Wrong tokens of an address that are answered at once."""
DELAY_SECONDS = 0.2
AT_ONCE = 2
"""Tokens of one address that are compared beside each other: with the delay, ten guesses a second at most."""
MEMORY_SECONDS = 600
MOST_ADDRESSES = 10_000


class _Address:
    def __init__(self) -> None:
        self.wrong = 0
        self.turns = asyncio.Semaphore(AT_ONCE)


class TokenAttempts:
    """Compare tokens in constant time; after several wrong tokens from an address, each further one is delayed."""

    def __init__(self, token: bytes) -> None:
        self._token = token
        self._addresses: TTLCache[str, _Address] = TTLCache(MOST_ADDRESSES, MEMORY_SECONDS)

    async def is_right(self, token: bytes, client: str) -> bool:
        """Compare in the address's turn: the right token is never refused, only delayed behind guesses."""
        address = self._addresses.setdefault(network_of(client), _Address())
        async with address.turns:
            if hmac.compare_digest(token, self._token):
                return True
            address.wrong += 1
            if address.wrong > FREE:
                await asyncio.sleep(DELAY_SECONDS)
            return False


def network_of(client: str) -> str:
    """The address, or for IPv6 its network: whoever has one address there has them all."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return client
