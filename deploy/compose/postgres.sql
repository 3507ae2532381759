-- Airflow's own user and database. It may be run again: then it sets the password anew.
\getenv password AIRFLOW_DB_PASSWORD

SELECT 'CREATE ROLE airflow LOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'airflow') \gexec

ALTER ROLE airflow PASSWORD :'password';

SELECT 'CREATE DATABASE airflow OWNER airflow'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'airflow') \gexec
