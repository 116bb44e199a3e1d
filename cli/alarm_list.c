#include "alarm_list.h"

#include "i18n.h"
#include "messages.h"
#include "textfile.h"
#include <stdlib.h>
#include <string.h>

static void free_alarm(struct grade_alarm *a)
{
    free((char *)a->kind);
    free((char *)a->scan);
    free((char *)a->last_scan);
    free((char *)a->place);
    free((char *)a->detail);
}

static bool copy_alarm(const struct grade_alarm *alarm, struct grade_alarm *ret)
{
    *ret = *alarm;
    ret->kind = strdup(alarm->kind);
    ret->scan = strdup(alarm->scan);
    ret->last_scan = strdup(alarm->last_scan);
    ret->place = strdup(alarm->place);
    ret->detail = strdup(alarm->detail);
    if (ret->kind && ret->scan && ret->last_scan && ret->place && ret->detail)
        return true;
    free_alarm(ret);
    return false;
}

void alarm_list_add(void *context, const struct grade_alarm *alarm)
{
    struct alarm_list *list = context;
    if (list->n == list->capacity) {
        int capacity = list->capacity ? 2 * list->capacity : 8;
        struct grade_alarm *grown = realloc(list->alarms, (size_t)capacity * sizeof *grown);
        if (!grown) {
            list->incomplete = true;
            return;
        }
        list->alarms = grown;
        list->capacity = capacity;
    }
    if (copy_alarm(alarm, &list->alarms[list->n]))
        list->n++;
    else
        list->incomplete = true;
}

void alarm_list_finish(struct alarm_list *list)
{
    for (int i = 0; i < list->n; i++)
        free_alarm(&list->alarms[i]);
    free(list->alarms);
    *list = (struct alarm_list){0};
}

void alarm_list_print(FILE *out, const struct alarm_list *list)
{
    for (int i = 0; i < list->n; i++) {
        fprintf(out, "%s ", _("alarm:"));
        text_print(out, list->alarms[i].detail);
        fputc('\n', out);
    }
    if (list->incomplete)
        fprintf(out, "%s\n",
                _("more alarms than there was memory for: 'yuejuan export EXAM --what alarms'"));
}

static void print_field(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\":", name);
    print_json_text(out, text);
}

void alarm_list_print_json(FILE *out, const struct alarm_list *list)
{
    fputc('[', out);
    for (int i = 0; i < list->n; i++) {
        const struct grade_alarm *a = &list->alarms[i];
        fputs(i ? ",{" : "{", out);
        print_field(out, "kind", a->kind);
        fputc(',', out);
        print_field(out, "scan", a->scan);
        fprintf(out, ",\"page\":%d,", a->page);
        print_field(out, "last_scan", a->last_scan);
        fprintf(out, ",\"last_page\":%d,\"pages\":%d,\"place\":%s,", a->last_page, a->pages,
                a->place[0] ? a->place : "null");
        print_field(out, "detail", a->detail);
        fputc('}', out);
    }
    fputc(']', out);
}
