/*
 * Protocols of lines that are upgraded to TLS by a command: SMTP and LMTP (RFC 3207), FTP (RFC
 * 4217), NNTP (RFC 4642), POP3 and IMAP (RFC 2595, 3501), ManageSieve (RFC 5804), IRC. Only the
 * command and the server's consent to it lead to TLS; both are looked for in lines, of which
 * nothing but the beginning is kept.
 *
 * Where a protocol answers commands in turn, the answers that are still owed are counted, so that
 * commands sent ahead of their answers do not make another answer look like consent.
 */
#pragma once

#include "preamble/line.h"
#include "preamble/talk.h"

#define STARTTLS_COMMANDS_MAX 32 /* lines of a client that has not asked for TLS by then */
#define STARTTLS_TAG_MAX 20      /* of an IMAP command */

/* How a family of protocols writes its answers. */
enum dialect {
    DIALECT_NUMBERED, /* "220 ready", "250-more": SMTP, FTP, NNTP */
    DIALECT_POP3,     /* "+OK", "-ERR" */
    DIALECT_IMAP,     /* "a1 OK", by the tag of the command */
    DIALECT_SIEVE,    /* "OK", "NO" */
    DIALECT_IRC,      /* ":server 670 nick", in no order */
};

struct starttls {
    enum dialect dialect;
    uint8_t upgrade; /* the command that was asked, a row of its table */
    uint8_t commands;
    uint8_t tag_len;
    uint8_t owed;  /* answers that the server owes */
    uint8_t ahead; /* of them, before that to the upgrade */
    char tag[STARTTLS_TAG_MAX];
    struct line lines[2]; /* by talker */
};

/* READY when `first` is how a server, or a client that speaks first, begins such a protocol. */
enum progress starttls_server_opens(struct span first);
enum progress starttls_client_opens(struct span first);

/* `first` is the opening of `from`; it is still to be pushed. */
void starttls_begin(struct starttls *s, enum talker from, struct span first);

enum progress starttls_push(struct starttls *s, struct talk *talk, enum talker from,
                            struct span *bytes);
