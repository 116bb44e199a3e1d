/* alarm_list.h - the alarms that a run of `grade` tells at its end, kept until they are printed. */
#ifndef YJ_CLI_ALARM_LIST_H
#define YJ_CLI_ALARM_LIST_H

#include "grade.h"
#include <stdio.h>

struct alarm_list {
    struct grade_alarm *alarms; /* their strings are the list's own */
    int n, capacity;
    bool incomplete; /* there was no memory for one */
};

/* grade_options.alarm; context: the list. */
void alarm_list_add(void *list, const struct grade_alarm *alarm);
void alarm_list_finish(struct alarm_list *list);
/* A line each, with what to do. */
void alarm_list_print(FILE *out, const struct alarm_list *list);
/* A JSON array. */
void alarm_list_print_json(FILE *out, const struct alarm_list *list);

#endif
