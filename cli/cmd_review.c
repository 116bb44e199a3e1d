/* cmd_review.c - `yuejuan review`: the readings that wait for a person, without a browser. */
#include "commands.h"
#include "i18n.h"
#include "messages.h"
#include <stdio.h>
#include <string.h>

static void print_help(void)
{
    puts(_(
        "usage: yuejuan review list EXAM ...\n"
        "       yuejuan review show EXAM ID -o crop.png\n"
        "       yuejuan review set EXAM ID VALUE --by NAME --why TEXT\n"
        "\n"
        "the readings that wait for a person: lists them, shows what was seen, takes what people\n"
        "decide; scores follow, and the audit keeps who decided what, when and why\n"
        "\n"
        "'yuejuan review list --help' and so on explain each\n"
        "\n"
        "example: yuejuan review list midterm/"));
}

int cmd_review(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"list", cmd_review_list}, {"show", cmd_review_show}, {"set", cmd_review_set}};
    if (argc < 2)
        return usage_error("review", _("name what to do: list, show or set"));
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return usage_error("review", _("unknown command '%s': use list, show or set"), argv[1]);
}
