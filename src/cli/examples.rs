//! What `--help` says below the flags: examples, notations and exit statuses. The flags themselves are elsewhere.

pub(super) const EXAMPLES: &str = "\
Examples:
  wicketgate check                       every template below this folder
  wicketgate check services/a            one service (a folder is a workspace of its own)
  wicketgate check --posture private .   the gate: a public API is an error
  wicketgate map .                       who can reach what
  wicketgate explain public-api          what a rule means and what to do

Exit status:
  0  nothing at or above --fail-on, or --exit-zero
  1  findings remain
  2  a bad flag, a bad policy file, a path that cannot be read, an internal error
  3  a folder was given and no template was found in it";

pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  wicketgate check                                      every template below this folder
  wicketgate check template.yaml                        one file; its repository is read for links
  wicketgate check --posture private --format concise . one line a finding, for editors and logs
  wicketgate check --env prod .                         with the values of this environment
  wicketgate check --select public-api,missing-resource-policy services
  wicketgate check --format sarif --output findings.sarif .
  git show HEAD:template.yaml | wicketgate check --stdin-filename template.yaml -

Results go to standard output, everything else (the summary line too) to standard error.

Exit status:
  0  nothing at or above --fail-on, or --exit-zero; a named file that is no template is skipped
  1  findings remain; a template that cannot be read is a finding
  2  a bad flag, a bad policy file, a path that cannot be read, an internal error
  3  a folder was given and no template was found in it (--allow-empty makes it 0)";

pub(super) const RESOLVE_HELP: &str = "\
Prints one JSON line a template: conditions and resources with their properties. What only AWS
knows stays a token: @{Ref:Id}, @{GetAtt:Id.Attribute}, @{Import:Name}, @{SSM:path}, @{Param:Name}.

Examples:
  wicketgate resolve template.yaml --param Environment=prod
  wicketgate resolve --jsonl cases.jsonl      lines {id, template, params, exports}, one answer each

Exit status: 2 when a template or line cannot be worked out, else 0.";

pub(super) const SIMULATE_HELP: &str = "\
With --api: may this request call that API? The answer names the statement, and the text in it,
that decides; one answer for each case of the template that differs. `allow` and `deny` are what
the policies in the templates say; what else has a say (an authorizer, the signer's own policies)
is named beside it.

Without --api: each line is a JSON object with a policy and a request (`policy`, `auth`,
`endpoint`, `request`); the answer says what the resource policy decides, and what API Gateway
does with it. With --symbolic each line is a policy alone, and the answer says which callers it
lets in: all, some or none of the internet and of each VPC endpoint.

Examples:
  wicketgate simulate --api template.yaml/MyApi --from vpce-0a1b2c3d --method GET --path /entities
  wicketgate simulate --api MyApi --from internet --source-ip 203.0.113.7 --path /users/42
  wicketgate simulate --api template.yaml --from network.yaml/ExecuteApiEndpoint --param Env=prod
  wicketgate simulate --api MyApi --from vpce-0a1b2c3d --principal arn:aws:iam::111111111111:role/app
  wicketgate simulate cases.jsonl
  echo '{\"policy\": {\"Statement\": []}}' | wicketgate simulate --symbolic

Exit status with --api:
  0  allowed in every case
  1  denied in some case, or not certain
  2  no such API or caller, a bad flag, a path that cannot be read
  3  a folder was given and no template was found in it
and without: 2 when a line cannot be read, else 0.";

pub(super) const RULES_TEST_HELP: &str = "\
Each rule file of the folders that `own-rules` names shows templates that the rule reports (`bad`)
and templates that it does not (`good`). An example that is not as its author expects is shown
where it stands.

Exit status: 0 when every example is as expected, 1 when one is not, 2 when a rule or the policy
file has mistakes.";

pub(super) const COMPLETIONS_HELP: &str = "\
Examples:
  wicketgate completions bash > ~/.local/share/bash-completion/completions/wicketgate
  wicketgate completions zsh > \"${fpath[1]}/_wicketgate\"
  wicketgate completions fish > ~/.config/fish/completions/wicketgate.fish
  wicketgate completions powershell >> $PROFILE";

pub(super) const MAN_HELP: &str = "\
Examples:
  wicketgate man | man -l -
  wicketgate man rules test | man -l -
  wicketgate man --dir ~/.local/share/man/man1";
