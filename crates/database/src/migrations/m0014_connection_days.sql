-- How many links to other banks stood in each state on each day, as it was counted last on that day.

create table truelayer_connection_days (
  on_day date not null,
  status text not null,
  connections bigint not null,
  constraint truelayer_connection_days_on_day_status_unique primary key (on_day, status)
);

-- "Which of the operator's keys are still in use?"
create index truelayer_connections_key_id on truelayer_connections (substr(data_key, 5, 8));
