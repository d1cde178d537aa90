/* details - the options of each verb that looks or is about the cluster, as `zyg help VERB` prints them; every text stands
 * next to its verb. */
#ifndef ZYG_DETAILS_H
#define ZYG_DETAILS_H

extern const char cli_validate_details[];
extern const char cli_plan_details[];
extern const char cli_try_details[];
extern const char cli_asktell_details[];
extern const char cli_ls_details[];
extern const char cli_show_details[];
extern const char cli_trials_details[];
extern const char cli_best_details[];
extern const char cli_logs_details[];
extern const char cli_events_details[];
extern const char cli_nodes_details[];
extern const char cli_export_details[];
extern const char cli_replay_details[];
extern const char cli_cluster_details[];
extern const char cli_token_details[];

#endif
