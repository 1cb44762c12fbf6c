-- Accounts whose holders sign in at their organisation's own OpenID Connect provider.
CREATE TABLE account_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,           -- whom the provider means, for good; a login may pass to somebody else
    account_id TEXT NOT NULL REFERENCES account (id),
    linked_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (account_id, issuer)
);

-- Browsers that are at the provider just now.
CREATE TABLE account_away (
    secret TEXT PRIMARY KEY,         -- SHA-256 in hex of what the browser keeps
    state TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX account_away_by_end ON account_away (ends_at);
