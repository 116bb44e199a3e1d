/* cmd_form.h - what `yuejuan form` dispatches to, beyond commands.h. */
#ifndef YJ_CLI_CMD_FORM_H
#define YJ_CLI_CMD_FORM_H

/* form check: argv[0] is "check". Returns the exit status. */
int form_check_command(int argc, char **argv);
/* form draft: argv[0] is "draft". */
int form_draft_command(int argc, char **argv);

#endif
