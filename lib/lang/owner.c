/* SPDX-License-Identifier: MIT */
/* owner: a table of words. */
#include "lang/owner.h"

#include <string.h>

static const struct {
	const char *word, *setting, *owner;
} words[] = {
    {"alert", NULL, "nc-alert"},
    {"expect", NULL, "nc-alert"},
    {"depend", NULL, "nc-alert"},
    {"inhibit", NULL, "nc-alert"},
    {"maintenance", NULL, "nc-alert"},
    {"set", "interval", "nc-alert"},
    {"set", "lateness", "nc-alert"},
    {"set", "flap", "nc-alert"},
    {"set", "storm", "nc-alert"},
    {"set", "heartbeat", "nc-alert"},
    {"set", "incident", "nc-alert"},
    {"channel", NULL, "nc-notify"},
    {"match", NULL, "nc-notify"},
    {"block", NULL, "nc-notify"},
    {"escalation", NULL, "nc-notify"},
    {"window", NULL, "nc-notify"},
    {"rota", NULL, "nc-notify"},
    {"group", NULL, "nc-notify"},
    {"limit", NULL, "nc-notify"},
    {"secret", NULL, "nc-notify"},
};

const char *
owner_of(const struct config_node *node)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(node->tokens[0].text, words[i].word) == 0 &&
		    (words[i].setting == NULL ||
			(node->ntokens > 1 && strcmp(node->tokens[1].text,
						  words[i].setting) == 0)))
			return words[i].owner;
	return NULL;
}
