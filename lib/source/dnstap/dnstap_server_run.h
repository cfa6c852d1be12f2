/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_DNSTAP_SERVER_RUN_H
#define K8SDNS_SOURCE_DNSTAP_SERVER_RUN_H

#include "dnstap_damage.h"
#include <event2/event.h>
#include <k8sdns/source/dnstap/dnstap_stream.h>
#include <sys/stat.h>

/*
 * The inside of a server: dnstap_server.c runs it, dnstap_socket.c makes sockets, dnstap_sender.c speaks with
 * one sender.
 */
struct dnstap_serving;

enum sender_state {
    SENDER_NEW,     /* READY is due, or START from one that does not shake hands */
    SENDER_READY,   /* START is due */
    SENDER_STARTED, /* data */
};

struct dnstap_sender {
    struct dnstap_serving *serving;
    struct dnstap_sender *next, *previous;
    struct dnstap_client *client; /* who connected to it; NULL: it came to us */
    struct event *event;
    int fd;
    char *peer; /* what its frames are known by, without identity: alike for all from one address */
    char name[ADDRESS_TEXT + 8]; /* for people */
    enum sender_state state;
    bool two_methods;
    uint64_t waits_since_ns; /* for the handshake, or for the rest of a frame */
    uint64_t last_ns;        /* when it came, or sent its last frame of data */
    bool spoke;              /* it has sent such a frame */
    struct dnstap_damage damage;
    uint8_t *buffer;
    size_t len, room;
};

struct dnstap_listener {
    struct dnstap_serving *serving;
    const struct dnstap_endpoint *endpoint;
    struct event *event;
    int fd;
    dev_t device; /* of a socket file that was made here */
    ino_t inode;
    bool made;
    bool resting; /* no descriptors are left */
};

/* A connection that is made from here, and made again. */
struct dnstap_client {
    struct dnstap_serving *serving;
    const struct dnstap_endpoint *endpoint;
    struct event *event; /* while it is being made */
    int fd;
    bool connected, ever;
    uint64_t next_ns, wait_ns;
};

struct dnstap_serving {
    struct arena *arena;
    const struct dnstap_server_options *options;
    const struct dnstap_sink *sink;
    struct dnstap_stream_facts *streams;
    struct event_base *base;
    struct dnstap_sender *senders;
    size_t senders_count;
    size_t large; /* senders that have room for the largest frame */
    struct dnstap_listener *listeners;
    struct dnstap_client *clients;
    int failed; /* what the sink said */
};

/* Listen at an endpoint. Return the descriptor, or a negative errno with a message. */
int dnstap_socket_listen(const struct dnstap_endpoint *endpoint, unsigned mode, struct dnstap_listener *ret,
                         struct err *err) MUST_USE;
/*
 * Whether who connected to a socket file of that mode may: one that is its owner's alone takes the owner and
 * root, whatever became of the file since (SO_PEERCRED, unix(7)).
 */
bool dnstap_socket_admits(int fd, unsigned mode);
/* Remove the socket file that was made, if it still is the same. */
void dnstap_socket_remove(const struct dnstap_listener *listener);
/* Begin to connect. Return the descriptor, whose connection may be under way, or a negative errno. */
int dnstap_socket_connect(const struct dnstap_endpoint *endpoint) MUST_USE;

/* Take on a connected sender; `fd` is its own from here on. */
void dnstap_sender_add(struct dnstap_serving *serving, int fd, const char *peer, const char *name,
                       struct dnstap_client *client);
void dnstap_sender_remove(struct dnstap_sender *sender);
/*
 * Part with a sender that has said nothing, so that another can come: one that does not shake hands, one that
 * never sent a frame, one that is quiet for a minute, the longest first. Return false when there is none.
 */
bool dnstap_senders_make_room(struct dnstap_serving *serving, uint64_t now_ns);
/* Part with those that keep waiting for too long. */
void dnstap_senders_check(struct dnstap_serving *serving, uint64_t now_ns);

/* A word on stderr for those who asked for it. */
void dnstap_serving_say(const struct dnstap_serving *serving, const char *name, const char *what);

#endif
